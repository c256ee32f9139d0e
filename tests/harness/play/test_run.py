"""Runs: events in order, controls once each, and what fails in the harness itself."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from mailfault.clients.client_profile import ClientProfile
from mailfault.clients.library.callable_client import CallableClient
from mailfault.contract import Answer, Outcome, Target
from mailfault.events import RunEvent, RunFinished, RunStarted, ScenarioFinished, ScenarioStarted, from_lines, to_line
from mailfault.judging.verdict import Ending
from mailfault.play.play import RunOptions
from mailfault.play.run import exit_status, play_once, run
from mailfault.scenario.loader import find_scenario, load_shipped

REFUSED = find_scenario("connect/refused[route=mx]")
FEW = [one for one in load_shipped() if one.id.startswith(("connect/refused", "control/plain"))]


def client(function: Callable[[Target], Any], **more: Any) -> CallableClient:
    return CallableClient(function, spec="python:here:function", **more)


async def right(target: Target) -> Answer:
    from mailfault.clients.adapters.reference import ReferenceAdapter

    return await ReferenceAdapter().answer_to(target)


def events(function: Callable[[Target], Any], scenarios: Any = FEW, **options: Any) -> list[RunEvent]:
    return list(run(scenarios, [client(function)], RunOptions(**options), version="9.9"))


@pytest.mark.parametrize("jobs", [1, 8])
def test_a_run_begins_goes_on_and_ends(jobs: int) -> None:
    told = events(right, jobs=jobs)
    assert isinstance(told[0], RunStarted)
    assert isinstance(told[-1], RunFinished)
    assert (told[0].scenarios, told[-1].endings, told[-1].exit_status) == (4, {"passed": 4}, 0)
    begun: set[str] = set()
    for event in told:
        if isinstance(event, ScenarioStarted):
            begun.add(event.id)
        elif isinstance(event, ScenarioFinished):
            assert event.id in begun
    assert Counter(type(one) for one in told)[ScenarioFinished] == 4


def test_the_record_holds_all_of_it() -> None:
    told = events(right)
    lines = [to_line(one) for one in told]
    assert [to_line(one) for one in from_lines(lines)] == lines


def test_each_control_is_played_once_a_client() -> None:
    calls: Counter[str] = Counter()

    async def counted(target: Target) -> Answer:
        calls[str(target.route)] += 1
        return await right(target)

    stories = [
        one
        for one in load_shipped()
        if one.id in ("dns/servfail[route=mx]", "dns/refused[route=mx]", "dns/lame-delegation[route=mx]")
    ]
    told = [one for one in events(counted, stories) if isinstance(one, ScenarioFinished)]
    assert calls["mx"] == 3 + 1
    assert sorted(str(one.control) for one in told) == ["None", "None", "passed"]


def test_without_controls_nothing_more_is_played() -> None:
    calls: list[Target] = []

    async def counted(target: Target) -> Answer:
        calls.append(target)
        return await right(target)

    events(counted, [REFUSED], control=False)
    assert len(calls) == 1


async def always_refused(target: Target) -> Answer:
    await right(target)
    return Answer(outcome=Outcome.DEFERRED, code="4.4.316")


def test_who_fails_without_the_fault_has_not_passed_with_it() -> None:
    (finished,) = [one for one in events(always_refused, [REFUSED]) if isinstance(one, ScenarioFinished)]
    assert finished.ending == "unsafe"
    assert finished.sentence.startswith("without the fault, too, the client falls short")
    (alone,) = [one for one in events(always_refused, [REFUSED], control=False) if isinstance(one, ScenarioFinished)]
    assert alone.ending == "passed"


def test_what_fails_in_the_harness_is_broken_and_concludes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("in the harness")

    monkeypatch.setattr("mailfault.play.play.diagnose_messages", fails)
    told = events(right, [REFUSED])
    finished = next(one for one in told if isinstance(one, ScenarioFinished))
    assert (finished.ending, told[-1].exit_status) == ("broken", 3)  # type: ignore[union-attr]
    assert "ZeroDivisionError: in the harness" in finished.sentence


def test_unsupported_is_declared_and_not_played() -> None:
    def never(target: Target) -> Answer:
        raise AssertionError("it was declared unsupported")

    profile = ClientProfile.model_validate({"unsupported": [{"scenarios": "connect/*", "because": "It has no legs."}]})
    one = client(never, profile=profile)
    finished = play_once(REFUSED, one, RunOptions())
    assert (finished.ending, finished.sentence, finished.control) == ("unsupported", "It has no legs.", None)


def test_a_client_that_hangs_is_ended_at_its_deadline() -> None:
    import asyncio

    async def hangs(target: Target) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError

    finished = play_once(REFUSED, client(hangs), RunOptions(deadline_s=0.05, control=False))
    assert finished.ending == "hung"


@pytest.mark.parametrize(("pauses_s", "plays"), [([0.0], 1), ([0.4, 0.0], 2), ([0.4] * 99, 6)])
def test_what_was_played_while_the_machine_stood_still_is_played_again(
    pauses_s: list[float], plays: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Target] = []
    left = iter(pauses_s)
    monkeypatch.setattr("mailfault.play.play.longest_pause_s", lambda since_s: next(left))

    async def once_too_slow(target: Target) -> Answer:
        asked.append(target)
        if len(asked) < plays:
            return Answer(outcome=Outcome.DEFERRED, code="4.4.315")
        return await right(target)

    finished = play_once(REFUSED, client(once_too_slow), RunOptions(control=False))
    assert (finished.ending, finished.plays, len(asked)) == ("passed", plays, plays)


@pytest.mark.parametrize(("pause_s", "ending", "asked_times"), [(0.0, "misclassified", 1), (0.4, "broken", 6)])
def test_of_a_client_that_falls_short_on_a_busy_machine_nothing_is_concluded(
    pause_s: float, ending: str, asked_times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Target] = []
    monkeypatch.setattr("mailfault.play.play.longest_pause_s", lambda since_s: pause_s)

    async def wrong(target: Target) -> Answer:
        asked.append(target)
        await right(target)
        return Answer(outcome=Outcome.DEFERRED, code="4.4.315")

    finished = play_once(REFUSED, client(wrong), RunOptions(control=False))
    assert (finished.ending, len(asked)) == (ending, asked_times)
    assert ("this machine was too busy" in finished.sentence) == (ending == "broken")


def test_the_command_to_repeat_can_be_pasted() -> None:
    finished = play_once(REFUSED, client(always_refused), RunOptions(control=False))
    assert finished.repeat == "mailfault run 'connect/refused[route=mx]' --client python:here:function"


def test_stopping_early_leaves_nothing_running() -> None:
    import threading

    before = set(threading.enumerate())
    stream = run(load_shipped(), [client(right)], RunOptions(), version="x")
    for event in stream:
        if isinstance(event, ScenarioFinished):
            break
    stream.close()  # type: ignore[attr-defined]
    left = {one.name for one in set(threading.enumerate()) - before if one.name.startswith("mailfault-play")}
    assert left == set()


@pytest.mark.parametrize(
    ("endings", "status"),
    [
        ({}, 0),
        ({"passed": 3, "tolerated": 1, "unsupported": 2}, 0),
        ({"passed": 3, "not-reached": 1}, 1),
        ({"misclassified": 1}, 1),
        ({"unsafe": 1}, 1),
        ({"crashed": 1}, 1),
        ({"hung": 1}, 1),
        ({"passed": 3, "hung": 1, "broken": 1}, 3),
        ({"passed": 3, "broken": 0}, 0),
    ],
)
def test_the_exit_status(endings: dict[str, int], status: int) -> None:
    assert exit_status(endings) == status
    assert {Ending(one) for one in endings}.issubset(set(Ending))
