"""Scenarios are played again if the machine stalled."""

import pytest

from mailfault.contract import Answer, Outcome, Target
from mailfault.play.options import RunOptions
from mailfault.play.run import run_scenario
from mailfault.scenario.loader import find_scenario
from tests.support.functions import client, right

REFUSED = find_scenario("connect/refused[route=mx]")


@pytest.mark.parametrize(("pauses_s", "tries"), [([0.0], 1), ([0.4, 0.0], 2), ([0.4] * 99, 6)])
def test_a_scenario_is_played_again_until_the_machine_did_not_stall(
    pauses_s: list[float], tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets: list[Target] = []
    left = iter(pauses_s)
    monkeypatch.setattr("mailfault.play.retry.longest_pause_s", lambda since_s: next(left))

    async def too_slow_but_in_the_last(target: Target) -> Answer:
        targets.append(target)
        if len(targets) < tries:
            return Answer(outcome=Outcome.DEFERRED, code="4.4.315")
        return await right(target)

    finished = run_scenario(REFUSED, client(too_slow_but_in_the_last), RunOptions(control=False))
    assert (finished.ending, finished.plays, len(targets)) == ("passed", tries, tries)


@pytest.mark.parametrize(("pause_s", "ending", "tries"), [(0.0, "misclassified", 1), (0.4, "broken", 6)])
def test_nothing_is_concluded_from_a_shortfall_on_a_busy_machine(
    pause_s: float, ending: str, tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets: list[Target] = []
    monkeypatch.setattr("mailfault.play.retry.longest_pause_s", lambda since_s: pause_s)

    async def wrong(target: Target) -> Answer:
        targets.append(target)
        await right(target)
        return Answer(outcome=Outcome.DEFERRED, code="4.4.315")

    finished = run_scenario(REFUSED, client(wrong), RunOptions(control=False))
    assert (finished.ending, len(targets)) == (ending, tries)
    assert ("this machine was too busy" in finished.sentence) == (ending == "broken")
