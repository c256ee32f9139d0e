"""Controls: each is played once per client, and decides if the client falls short without the fault."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from mailfault.contract import Answer, Target
from mailfault.events import ScenarioFinished
from mailfault.play.options import RunOptions
from mailfault.play.run import run
from mailfault.scenario.loader import find_scenario
from tests.support.functions import always_refused, client, right

REFUSED = find_scenario("connect/refused[route=mx]")


def finished(function: Callable[[Target], Any], *names: str, **options: Any) -> list[ScenarioFinished]:
    scenarios = [find_scenario(name) for name in names or (REFUSED.id,)]
    events = run(scenarios, [client(function)], RunOptions(**options), version="9.9")
    return [event for event in events if isinstance(event, ScenarioFinished)]


@pytest.mark.usefixtures("steady_machine")
def test_each_control_is_played_once_a_client() -> None:
    calls: Counter[str] = Counter()

    async def counted(target: Target) -> Answer:
        calls[str(target.route)] += 1
        return await right(target)

    results = finished(counted, "dns/servfail[route=mx]", "dns/refused[route=mx]", "dns/lame-delegation[route=mx]")
    assert calls["mx"] == 3 + 1
    assert sorted(str(event.control) for event in results) == ["None", "None", "passed"]


@pytest.mark.usefixtures("steady_machine")
def test_without_controls_nothing_more_is_played() -> None:
    calls: list[Target] = []

    async def counted(target: Target) -> Answer:
        calls.append(target)
        return await right(target)

    finished(counted, control=False)
    assert len(calls) == 1


def test_a_client_that_fails_without_the_fault_has_not_passed_with_it() -> None:
    (result,) = finished(always_refused)
    assert result.ending == "unsafe"
    assert result.sentence.startswith("without the fault, too, the client falls short")
    (alone,) = finished(always_refused, control=False)
    assert alone.ending == "passed"


def test_a_control_that_not_even_the_reference_client_delivers_is_broken() -> None:
    impossible = REFUSED.model_copy(
        update={"connector": REFUSED.connector.model_copy(update={"recipients": ("user@elsewhere.example",)})}
    )
    events = run([impossible], [client(always_refused)], RunOptions(), version="9.9")
    (result,) = [event for event in events if isinstance(event, ScenarioFinished)]
    assert result.ending == "broken"
    assert "the control does not deliver even with the reference client" in result.sentence
