"""One scenario, one client: errors of the harness, refusals, and clients that hang."""

import asyncio

import pytest

from mailfault.clients.client_profile import ClientProfile
from mailfault.contract import Answer, Limits, Target
from mailfault.events import ScenarioFinished
from mailfault.play.options import RunOptions
from mailfault.play.play import deadline_s
from mailfault.play.run import run, run_scenario
from mailfault.scenario.loader import find_scenario
from mailfault.world.plan import plan_world
from tests.support.functions import client, right

REFUSED = find_scenario("connect/refused[route=mx]")


def test_an_error_of_the_harness_is_broken_and_concludes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("in the harness")

    monkeypatch.setattr("mailfault.play.play.diagnose_messages", fail)
    events = list(run([REFUSED], [client(right)], RunOptions(), version="9.9"))
    finished = next(event for event in events if isinstance(event, ScenarioFinished))
    assert (finished.ending, events[-1].exit_status) == ("broken", 3)  # type: ignore[union-attr]
    assert "ZeroDivisionError: in the harness" in finished.sentence


def test_unsupported_is_declared_and_not_played() -> None:
    def never(target: Target) -> Answer:
        raise AssertionError("it was declared unsupported")

    profile = ClientProfile.model_validate({"unsupported": [{"scenarios": "connect/*", "because": "It has no legs."}]})
    finished = run_scenario(REFUSED, client(never, profile=profile), RunOptions())
    assert (finished.ending, finished.sentence, finished.control) == ("unsupported", "It has no legs.", None)


def test_a_client_that_hangs_is_ended_at_its_deadline() -> None:
    async def hang(target: Target) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError

    finished = run_scenario(REFUSED, client(hang), RunOptions(deadline_s=0.05, control=False))
    assert finished.ending == "hung"


def test_the_deadline_covers_every_limit_at_every_host() -> None:
    plan = plan_world(REFUSED, Limits(connect_s=1, command_s=10, dns_s=100))
    assert deadline_s(plan, RunOptions()) == 4 + 400 + 2 + 30
    assert deadline_s(plan, RunOptions(deadline_s=7)) == 7
