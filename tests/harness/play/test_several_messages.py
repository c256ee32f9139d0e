"""Scenarios of several messages: played in one world, judged one by one, told in every report."""

import asyncio
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mailfault.clients.library.callable_client import CallableClient
from mailfault.clients.process.worker_client import WorkerClient
from mailfault.contract import Answer, Outcome, Target
from mailfault.events import ScenarioFinished, from_lines, to_line
from mailfault.play.options import RunOptions
from mailfault.play.run import run, run_scenario
from mailfault.pytest_plugin.mail_world import build_world
from mailfault.reference_client import DeliveryClient
from mailfault.reports.dialogue import dialogue
from mailfault.reports.shortfall import shortfall
from mailfault.scenario.loader import find_scenario, load_shipped
from mailfault.scenario.model import Scenario
from mailfault.world.message import message_of
from tests.support import persistent_client
from tests.support.variants import wrong

SESSIONS = [scenario for scenario in load_shipped() if scenario.connector.messages > 1]
UNKNOWN = find_scenario("session/second-recipient-unknown[route=smart-host]")
right = wrong(DeliveryClient)


def play(scenario: Scenario, function: Callable[[Target], Any], **options: Any) -> ScenarioFinished:
    settings = RunOptions(**{"control": False, **options})
    return run_scenario(scenario, CallableClient(function, spec="python:here:function"), settings)


def told(expect: dict[str, Any], messages: int = 2, *faults: dict[str, Any]) -> Scenario:
    return Scenario.model_validate(
        {
            "title": "Several messages",
            "why": "To see what becomes of each of them.",
            "refs": ["the test itself"],
            "connector": {"messages": messages, "route": "smart-host"},
            "host": [{"name": "mx1.dest.example", "faults": list(faults)}],
            "expect": expect,
        }
    )


# -- the right clients ---------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_right_client_that_keeps_its_connections_passes() -> None:
    client = CallableClient(persistent_client.deliver, spec="python:tests.support.persistent_client:deliver")
    events = run(SESSIONS, [client], RunOptions(control=False), version="9.9")
    finished = [event for event in events if isinstance(event, ScenarioFinished)]
    assert len(finished) == len(SESSIONS)
    assert {event.id: event.sentence for event in finished if event.ending != "passed"} == {}


def test_a_client_that_keeps_its_connections_meets_what_is_optional() -> None:
    for story in ("idle-421-shutdown", "idle-close-each", "idle-silent", "rset-refused", "too-many-messages"):
        scenario = find_scenario(f"session/{story}")
        journal = play(scenario, persistent_client.deliver).journal
        met = {entry["fault"] for entry in journal if entry["kind"] == "fault-acted"}
        assert met == {fault.id for host in scenario.host for fault in host.faults}
        assert not [entry for entry in play(scenario, right).journal if entry["kind"] == "fault-acted"]


# -- each message by itself ----------------------------------------------------------------------------------------


def test_each_message_is_a_message_of_its_own_and_its_first_attempt() -> None:
    targets: list[Target] = []

    async def noting(target: Target) -> Answer:
        targets.append(target)
        return await right(target)

    assert play(told({"action": "deliver"}, 3), noting).ending == "passed"
    assert [target.message for target in targets] == [message_of(number) for number in (1, 2, 3)]
    assert [target.attempt for target in targets] == [1, 1, 1]
    assert len({target.smtp_port for target in targets}) == 1
    identities = {
        line for target in targets for line in target.message.split(b"\r\n") if line.startswith(b"Message-ID")
    }
    assert len(identities) == 3


def test_each_message_is_judged_by_its_own_expectation() -> None:
    finished = play(UNKNOWN, right)
    assert finished.ending == "passed"
    assert [(message["number"], message["ending"], message["expected"]) for message in finished.messages] == [
        (1, "passed", "delivered"),
        (2, "passed", "550 5.1.1 User unknown"),
    ]
    assert finished.happened == "1: delivered; 2: 550 5.1.1 User unknown"


def test_the_message_that_fared_worst_decides_and_all_are_told() -> None:
    async def says_delivered(target: Target) -> Answer:
        await right(target)
        return Answer(outcome=Outcome.DELIVERED)

    finished = play(UNKNOWN, says_delivered)
    assert finished.ending == "unsafe"
    assert finished.sentence.startswith("message 2: the client says delivered, and no server")
    assert [message["ending"] for message in finished.messages] == ["passed", "unsafe"]
    assert finished.answer == {"outcome": "delivered"}
    story = shortfall(finished)
    assert "messages  - 1 passed: expected delivered, said delivered" in story
    assert "- 2 unsafe: expected 550 5.1.1 User unknown, said delivered" in story
    assert "-- delivery 2" in story


def test_a_message_that_went_out_as_another_is_lost() -> None:
    from dataclasses import replace

    first: list[bytes] = []

    async def sends_the_first(target: Target) -> Answer:
        first.append(target.message)
        return await right(replace(target, message=first[0]))

    finished = play(told({"action": "deliver"}), sends_the_first)
    assert [message["ending"] for message in finished.messages] == ["unsafe", "unsafe"]
    assert "again after mx1.dest.example had confirmed" in finished.messages[0]["sentence"]
    assert "it is lost" in finished.messages[1]["sentence"]


def test_after_a_crash_the_next_message_is_tried_and_after_a_hang_none() -> None:
    calls: list[int] = []

    async def crashes_once(target: Target) -> Answer:
        calls.append(1)
        if len(calls) == 1:
            raise ZeroDivisionError
        return await right(target)

    finished = play(told({"action": "deliver"}), crashes_once)
    assert [message["ending"] for message in finished.messages] == ["crashed", "passed"]
    assert finished.ending == "crashed"

    async def hangs(target: Target) -> Answer:
        calls.append(1)
        await asyncio.Event().wait()
        raise AssertionError

    finished = play(told({"action": "deliver"}), hangs, deadline_s=0.05)
    assert (finished.ending, len(calls)) == ("hung", 3)


def test_a_fault_that_is_not_optional_has_to_be_met() -> None:
    idle = {"use": "smtp.idle-close"}
    assert play(told({"action": "deliver"}, 2, idle), right).ending == "passed"
    finished = play(told({"action": "deliver"}, 2, {**idle, "optional": False}), right)
    assert (finished.ending, finished.sentence[:44]) == ("not-reached", "message 1: smtp.idle-close was never met: mx")


@pytest.mark.usefixtures("steady_machine")
def test_the_control_delivers_as_many() -> None:
    calls: list[Target] = []

    async def counted(target: Target) -> Answer:
        calls.append(target)
        return await right(target)

    assert play(UNKNOWN, counted, control=True).control == "passed"
    assert len(calls) == 4


# -- what is recorded ----------------------------------------------------------------------------------------------


def test_the_record_keeps_the_messages_and_older_records_are_read() -> None:
    line = to_line(play(UNKNOWN, right))
    (again,) = from_lines([line])
    assert isinstance(again, ScenarioFinished)
    assert to_line(again) == line
    assert Scenario.model_validate(again.scenario) == UNKNOWN
    (older,) = from_lines([line.replace('"messages":[{', '"unheard-of":[{')])
    assert isinstance(older, ScenarioFinished)
    assert older.messages == ()


def test_one_message_is_told_as_ever() -> None:
    finished = play(find_scenario("smtp/rcpt-unknown-user[route=smart-host]"), right)
    assert (finished.ending, finished.messages) == ("passed", ())


def test_the_dialogue_says_where_a_connection_was_kept() -> None:
    finished = play(find_scenario("session/service-restarts[route=smart-host]"), persistent_client.deliver)
    lines = [line.text for line in dialogue(finished.journal)]
    second, third = lines.index("-- delivery 2"), lines.index("-- delivery 3")
    assert lines[second : second + 3] == ["-- delivery 2", "-- mx1.dest.example, connection 1, kept", "S: closes"]
    assert "mx1.dest.example (127.0.0.10) refuses connections" in lines[second:third]
    assert "-- mx1.dest.example, connection 2" in lines[third:]


# -- what cannot be meant ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expect", "mistake"),
    [
        ({"action": "deliver", "messages": {"3": {"action": "deliver"}}}, "expect.messages.3: there is no such message"),
        ({"action": "deliver", "messages": {"0": {"action": "deliver"}}}, "expect.messages.0: there is no such message"),
        (
            {"action": "deliver", "messages": {"1": {"action": "deliver", "messages": {}}}},
            "expect.messages.1: a single message cannot have 'messages'",
        ),
        ({"action": "deliver", "messages": {"one": {"action": "deliver"}}}, "valid integer"),
    ],
)  # fmt: skip
def test_expectations_of_messages_that_do_not_exist(expect: dict[str, Any], mistake: str) -> None:
    with pytest.raises(ValueError, match=mistake):
        told(expect)


def test_a_world_built_in_python_goes_from_message_to_message() -> None:
    async def once(target: Target) -> Outcome:
        return (await right(target)).outcome

    with build_world() as world:
        assert asyncio.run(once(world.target)) is Outcome.DELIVERED
        assert world.diagnose().delivered
        assert asyncio.run(once(world.next_message())) is Outcome.DELIVERED
        assert world.diagnose().delivered
        assert world.next_attempt().attempt == 2
        assert not world.diagnose().happened
    digests = {entry.fact.digest for entry in world.journal if entry.fact.kind == "message-accepted"}  # type: ignore[attr-defined]
    assert len(digests) == 2


# -- a program that keeps its connections --------------------------------------------------------------------------

WORKER = """
import json, smtplib, sys
import dns.resolver

def say(said):
    print(json.dumps(said), flush=True)

def connect(target):
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [target["dns"]["address"]], target["dns"]["port"]
    address = str(resolver.resolve(target["smart_host"], "A")[0])
    return smtplib.SMTP(address, target["smtp_port"], timeout=5)

def kept(connection):
    try:
        return connection is not None and connection.rset()[0] == 250
    except smtplib.SMTPException:
        return False

input()
say({"hello": {"contract": 1}})
connection = None
for line in sys.stdin:
    target = json.loads(line)["target"]
    if not kept(connection):
        connection = connect(target)
    with open(target["message"], "rb") as message:
        connection.sendmail(target["sender"], target["recipients"], message.read())
    say({"answer": {"outcome": "delivered"}})
"""


@pytest.mark.parametrize(
    ("story", "connections"), [("three-messages[route=smart-host]", 1), ("idle-close-each", 4), ("rset-refused", 2)]
)
def test_a_worker_may_keep_its_connection(story: str, connections: int, tmp_path: Path) -> None:
    program = tmp_path / "worker.py"
    program.write_text(WORKER)
    client = WorkerClient(shlex.join([sys.executable, str(program)]))
    try:
        finished = run_scenario(find_scenario(f"session/{story}"), client, RunOptions(control=False))
    finally:
        client.close()
    assert (finished.ending, finished.said) == ("passed", "delivered")
    assert sum(entry["kind"] == "connection-accepted" for entry in finished.journal) == connections


def test_what_is_told_of_several_that_passed_is_of_the_first_that_something_went_wrong_with() -> None:
    finished = play(UNKNOWN, right)
    assert (finished.ending, finished.failure) == ("passed", "remote-reply")
    assert "550 5.1.1 User unknown" in finished.evidence
