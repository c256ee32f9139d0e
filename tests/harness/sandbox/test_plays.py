"""Scenarios played in the sandbox: the same endings as on loopback, with evidence that loopback cannot give."""

import json
import shlex
import struct
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mailfault.clients import open_client
from mailfault.clients.library.callable_client import CallableClient
from mailfault.clients.process.command_client import CommandClient
from mailfault.clients.sandboxed.sandboxed_client import SandboxedClient
from mailfault.contract import Answer, Answered, DeliveryResult, Outcome, Target
from mailfault.events import ScenarioFinished
from mailfault.play.options import RunOptions
from mailfault.play.placement import Networks, SandboxUse
from mailfault.play.run import run, run_scenario
from mailfault.scenario.loader import find_scenario, load_shipped

ALWAYS = RunOptions(networks=Networks(SandboxUse.ALWAYS))
NEVER = RunOptions(networks=Networks(SandboxUse.NEVER))


def finished(options: RunOptions, *, spec: str = "reference") -> dict[str, ScenarioFinished]:
    client = open_client(spec)
    events = list(run(load_shipped(), [client], options, version="test"))
    client.close()
    return {event.id: event for event in events if isinstance(event, ScenarioFinished)}


@pytest.mark.slow
@pytest.mark.usefixtures("sandbox")
def test_the_whole_catalogue_passes_inside() -> None:
    events = finished(ALWAYS)
    short = {
        identity: (event.ending, event.sentence)
        for identity, event in events.items()
        if event.ending not in ("passed", "tolerated")
    }
    assert short == {}
    assert len(events) == len(load_shipped())


@pytest.mark.usefixtures("sandbox")
def test_a_shut_port_is_witnessed_inside_and_inferred_on_loopback() -> None:
    client = open_client("reference")
    refused = find_scenario("connect/refused[route=mx]")
    events = [run_scenario(refused, client, options) for options in (ALWAYS, NEVER)]
    assert [(event.ending, event.grade, event.ending == "passed" or event.sentence) for event in events] == [
        ("passed", "witnessed", True),
        ("passed", "inferred", True),
    ]


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("story", ["first-address-refused", "first-address-silent", "all-addresses-refused"])
def test_a_fault_at_one_address_is_not_met_at_another(story: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[3])
    client = open_client("python:tests.bad_clients.tries_the_last_address_of_a_host:deliver")
    event = run_scenario(find_scenario(f"connect/{story}[route=mx]"), client, ALWAYS)
    assert event.ending == "not-reached"
    assert "was never met" in event.sentence


def test_without_the_sandbox_what_needs_it_is_unsupported() -> None:
    event = run_scenario(find_scenario("connect/icmp-prohibited[route=mx]"), open_client("reference"), NEVER)
    assert (event.ending, event.sentence) == (
        "unsupported",
        "loopback cannot have this fault: it needs the sandbox (--sandbox never)",
    )


def deliver(target: Target) -> Answer:
    raise AssertionError("it must not be asked")


@pytest.mark.usefixtures("sandbox")
def test_an_object_of_this_process_cannot_be_moved() -> None:
    client = CallableClient(deliver, spec="python:here:deliver")
    event = run_scenario(find_scenario("connect/icmp-prohibited[route=mx]"), client, RunOptions())
    assert event.ending == "unsupported"
    assert "name a function that can be imported" in event.sentence


STRAYING = """
import json, socket
try:
    socket.create_connection(("192.0.2.25", 25), timeout=0.2)
except OSError:
    pass
print(json.dumps({"outcome": "deferred", "code": "4.4.316", "text": "Connection refused"}))
"""


def program(text: str) -> CommandClient:
    return CommandClient(f"{shlex.quote(sys.executable)} -c {shlex.quote(text)}")


@pytest.mark.usefixtures("sandbox")
def test_mail_that_tries_to_leave_is_unsafe() -> None:
    """192.0.2.25 is reserved for documentation (RFC 5737). The packet is seen and goes no further."""
    event = run_scenario(find_scenario("connect/refused[route=mx]"), program(STRAYING), replace(ALWAYS, control=False))
    assert event.ending == "unsafe"
    assert "192.0.2.25 (tcp, port 25)" in event.sentence


@pytest.mark.usefixtures("sandbox")
def test_the_captured_packets_are_kept_where_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "packets"
    options = replace(ALWAYS, captures=folder)  # its control runs too, and must not overwrite the file
    run_scenario(find_scenario("connect/icmp-port-unreachable[route=mx]"), open_client("reference"), options)
    (file,) = folder.iterdir()
    assert file.name == "connect_icmp-port-unreachable_route=mx_--reference.pcap"
    frames = frames_of(file.read_bytes())
    syn = [frame for frame in frames if frame[12:14] == b"\x08\x00" and frame[23] == 6 and frame[47] & 0x12 == 0x02]
    icmp = [frame for frame in frames if frame[12:14] == b"\x08\x00" and frame[23] == 1]
    assert (len(syn), [tuple(frame[34:36]) for frame in icmp]) == (1, [(3, 3)])


def frames_of(data: bytes) -> list[bytes]:
    found, at = [], 24
    while at < len(data):
        (length,) = struct.unpack_from("=I", data, at + 8)
        found.append(data[at + 16 : at + 16 + length])
        at += 16 + length
    return found


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("in_process", [True, False])
def test_a_moved_client_that_cannot_be_opened_or_ends_itself_is_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: bool
) -> None:
    (tmp_path / "ending_client.py").write_text("import os\ndef deliver(target):\n    os._exit(3)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    client = open_client("python:ending_client:deliver", in_process=in_process)
    (tmp_path / "ending_client.py").unlink()
    event = run_scenario(find_scenario("connect/refused[route=mx]"), client, replace(ALWAYS, control=False))
    assert event.ending == "crashed"
    assert "there is no module 'ending_client'" in event.sentence


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("in_process", [True, False])
def test_a_moved_client_that_hangs_is_ended(in_process: bool) -> None:
    client = open_client("python:tests.harness.sandbox.sleeping:deliver", in_process=in_process)
    options = replace(ALWAYS, control=False, deadline_s=0.3)
    event = run_scenario(find_scenario("control/plain[route=mx]"), client, options)
    assert event.ending == "hung"


def test_an_answer_is_the_same_after_its_way_through_json() -> None:
    from mailfault.clients.process.result_json import result_from_json, result_to_json
    from mailfault.contract import Answered, Crashed, Declined, Hung

    answer = Answer(outcome=Outcome.FAILED, code="5.1.1", text="no such user", said_by="exception")
    for ended in (Answered(answer), Crashed("it fell"), Declined("not asked"), Hung(1.5)):
        assert result_from_json(json.loads(json.dumps(result_to_json(ended)))) == ended


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize(
    ("rights", "waited_s", "ending", "plays"),
    [
        ([True], 0.9, "passed", 1),
        ([False, True], 0.9, "passed", 2),
        ([False] * 6, 0.9, "broken", 6),
        ([False], 0.0, "misclassified", 1),
    ],
)
def test_a_client_that_falls_short_while_it_was_kept_waiting_is_played_again(
    rights: list[bool], waited_s: float, ending: str, plays: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = iter(rights)
    really_deliver = SandboxedClient.deliver

    def deliver(self: SandboxedClient, target: Target, *, deadline_s: float) -> DeliveryResult:
        ended = really_deliver(self, target, deadline_s=deadline_s)
        self.cpu_wait_s = waited_s
        return ended if next(left) else Answered(Answer(outcome=Outcome.DEFERRED, code="4.4.312"))

    monkeypatch.setattr(SandboxedClient, "deliver", deliver)
    monkeypatch.setattr("mailfault.play.retry.longest_pause_s", lambda since_s: 0.0)
    refused = find_scenario("connect/refused[route=mx]")
    event = run_scenario(refused, open_client("reference"), replace(ALWAYS, control=False))
    assert (event.ending, event.plays) == (ending, plays)
