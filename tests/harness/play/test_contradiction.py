"""A scenario whose expectation is not what its own faults bring about is at fault itself."""

from typing import Any

import pytest

from mailfault.clients import open_client
from mailfault.events import ScenarioFinished
from mailfault.play.options import RunOptions
from mailfault.play.run import run_scenario
from mailfault.scenario.loader import load_shipped
from mailfault.scenario.model import Scenario

REFUSAL = {"use": "smtp.reply", "at": "rcpt", "reply": "550 5.1.1 No such user"}
CLOSED = {"failure": "connection-closed", "action": "defer"}


def played(spec: str, expect: dict[str, Any], *faults: dict[str, Any]) -> ScenarioFinished:
    scenario = Scenario.model_validate(
        {
            "id": "own/story",
            "title": "A story of a user's own",
            "why": "Because it is what this test needs.",
            "refs": ["the test"],
            "connector": {"tls": "none"},
            "host": [{"name": "mx1.dest.example", "faults": list(faults)}],
            "expect": expect,
        }
    )
    client = open_client(spec)
    try:
        return run_scenario(scenario, client, RunOptions(control=False))
    finally:
        client.close()


@pytest.mark.parametrize("spec", ["reference", "smtplib", "python:tests.bad_clients.bounces_deferrals:deliver"])
def test_an_expectation_that_the_faults_contradict_is_not_held_against_the_client(spec: str) -> None:
    finished = played(spec, CLOSED, REFUSAL)
    assert finished.ending == "broken"
    assert finished.sentence.startswith("the scenario own/story contradicts itself: it expects 450 4.4.318")
    assert "bring about 550 5.1.1 No such user (mx1.dest.example answered RCPT" in finished.sentence


def test_a_fault_that_cannot_act_is_the_scenarios_fault() -> None:
    finished = played("reference", CLOSED, {"use": "smtp.close", "at": "starttls"})
    assert finished.ending == "broken"
    assert "and its own faults bring about delivered" in finished.sentence


def test_a_wrong_client_is_still_wrong_in_a_sound_scenario() -> None:
    refused = {"failure": "remote-reply", "action": "fail", "reply": "550 5.1.1 No such user"}
    finished = played("python:tests.bad_clients.defers_refusals:deliver", refused, REFUSAL)
    assert finished.ending == "misclassified"


def test_an_expected_action_that_the_reference_client_does_not_take_is_no_contradiction() -> None:
    later = {"failure": "remote-reply", "action": "defer", "reply": "550 5.1.1 No such user"}
    assert played("reference", later, REFUSAL).ending == "misclassified"


def test_shipped_scenarios_are_not_questioned() -> None:
    scenario = next(scenario for scenario in load_shipped() if scenario.id == "connect/refused[route=mx]")
    client = open_client("python:tests.bad_clients.always_4_4_0:deliver")
    finished = run_scenario(scenario, client, RunOptions(control=False))
    client.close()
    assert finished.ending != "broken"
