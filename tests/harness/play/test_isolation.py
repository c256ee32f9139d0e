"""Plays side by side: what a client does in one of them changes nothing in another."""

import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from mailfault.clients import open_client
from mailfault.clients.process.worker_client import WorkerClient
from mailfault.events import ScenarioFinished, from_lines, to_line
from mailfault.play.options import RunOptions
from mailfault.play.run import run, run_scenario
from mailfault.scenario.loader import find_scenario, load_shipped
from mailfault.scenario.model import Scenario

ROOT = Path(__file__).parents[3]
WORKER = """
import json, os, pathlib, smtplib, sys, time
mark = pathlib.Path(sys.argv[1])
kept = {}
print(json.dumps({"hello": {"contract": 1}}), flush=True)
sys.stdin.readline()

def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

for number, line in enumerate(sys.stdin):
    target = json.loads(line)["target"]
    if target["smart_host"].startswith("hang"):
        mark.write_text(str(os.getpid()))
        mark.rename(mark.with_suffix(".done"))
        time.sleep(600)
    if number == 1:  # the second message: go on when the other play's process has been ended
        while not mark.with_suffix(".done").exists() or is_alive(int(mark.with_suffix(".done").read_text())):
            time.sleep(0.01)
    session = kept.get(target["smtp_port"])
    if session is None:
        session = kept[target["smtp_port"]] = smtplib.SMTP("127.0.0.10", target["smtp_port"], timeout=5)
    message = open(target["message"], "rb").read()
    session.sendmail(target["sender"], target["recipients"], message)
    print(json.dumps({"answer": {"outcome": "delivered", "text": f"{os.getpid()} kept {len(kept)}"}}), flush=True)
"""


def scenario(name: str, host: str, messages: int) -> Scenario:
    data: dict[str, Any] = {
        "id": f"isolation/{name}",
        "title": "Side by side",
        "why": "To see that one play does not disturb another.",
        "refs": ["the test itself"],
        "connector": {"messages": messages, "route": "smart-host", "tls": "none"},
        "host": [{"name": host}],
        "expect": {"action": "deliver"},
    }
    return Scenario.model_validate(data)


def test_a_worker_that_hangs_in_one_scenario_leaves_the_session_of_another_alone(tmp_path: Path) -> None:
    program = tmp_path / "worker.py"
    program.write_text(WORKER)
    client = WorkerClient(shlex.join([sys.executable, "-S", str(program), str(tmp_path / "mark")]))
    scenarios = [scenario("kept", "mx1.dest.example", 2), scenario("hangs", "hang.dest.example", 1)]
    options = RunOptions(jobs=2, deadline_s=3.0, control=False)
    events = list(run(scenarios, [client], options, version="9.9"))
    client.close()
    finished = {event.id: event for event in events if isinstance(event, ScenarioFinished)}
    kept, hangs = finished["isolation/kept"], finished["isolation/hangs"]
    assert (kept.ending, hangs.ending) == ("passed", "hung"), kept.sentence
    texts = [message["answer"]["text"] for message in kept.messages]
    assert texts[0] == texts[1], "one process, one kept session"
    assert sorted((*kept.processes, *hangs.processes)) == [1, 2]
    assert [to_line(event) for event in from_lines(map(to_line, events))] == [to_line(event) for event in events]


@pytest.mark.parametrize(
    ("in_process", "reason"),
    [
        (True, "SystemExit: 0 ("),
        (
            False,
            "its process ended without an answer: it exited with status 0; its last words on stderr: SystemExit: 0 (",
        ),
    ],
)
def test_a_client_that_ends_its_process_is_crashed_for_that_reason(
    monkeypatch: pytest.MonkeyPatch, in_process: bool, reason: str
) -> None:
    monkeypatch.chdir(ROOT)
    client = open_client("python:tests.bad_clients.exits_on_failure:deliver", in_process=in_process)
    finished = run_scenario(find_scenario("connect/refused[route=mx]"), client, RunOptions())
    client.close()
    assert finished.ending == "crashed"
    assert reason in finished.sentence


def test_a_right_client_in_a_process_of_its_own_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    client = open_client("python:tests.support.functions:right")
    selected = (
        "connect/refused[route=mx]",
        "control/plain[route=mx]",
        "smtp/ehlo-421[route=mx]",
        "dns/servfail[route=mx]",
    )
    scenarios = [scenario for scenario in load_shipped() if scenario.id in selected]
    events = list(run(scenarios, [client], RunOptions(), version="9.9"))
    client.close()
    finished = {event.id: event for event in events if isinstance(event, ScenarioFinished)}
    assert {event.ending for event in finished.values()} == {"passed"}
    assert all(event.processes for event in finished.values())
