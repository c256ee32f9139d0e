"""Runs: events in order, and the exit status."""

import threading
from collections import Counter
from typing import Any

import pytest

from mailfault.events import (
    Ending,
    RunEvent,
    RunFinished,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
    from_lines,
    to_line,
)
from mailfault.play.options import RunOptions
from mailfault.play.run import exit_status, run
from mailfault.scenario.loader import load_shipped
from tests.support.functions import client, right

FEW = [scenario for scenario in load_shipped() if scenario.id.startswith(("connect/refused", "control/plain"))]


def events(**options: Any) -> list[RunEvent]:
    return list(run(FEW, [client(right)], RunOptions(**options), version="9.9"))


@pytest.mark.parametrize("jobs", [1, 8])
def test_a_run_begins_goes_on_and_ends(jobs: int) -> None:
    seen = events(jobs=jobs)
    assert isinstance(seen[0], RunStarted)
    assert isinstance(seen[-1], RunFinished)
    assert (seen[0].scenarios, seen[-1].endings, seen[-1].exit_status) == (4, {"passed": 4}, 0)
    begun: set[str] = set()
    for event in seen:
        if isinstance(event, ScenarioStarted):
            begun.add(event.id)
        elif isinstance(event, ScenarioFinished):
            assert event.id in begun
    assert Counter(type(event) for event in seen)[ScenarioFinished] == 4


def test_the_record_holds_all_of_it() -> None:
    seen = events()
    lines = [to_line(event) for event in seen]
    assert [to_line(event) for event in from_lines(lines)] == lines


def test_stopping_early_leaves_nothing_running() -> None:
    before = set(threading.enumerate())
    stream = run(load_shipped(), [client(right)], RunOptions(), version="x")
    for event in stream:
        if isinstance(event, ScenarioFinished):
            break
    stream.close()  # type: ignore[attr-defined]
    left = {thread.name for thread in set(threading.enumerate()) - before if thread.name.startswith("mailfault-play")}
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
    assert {Ending(ending) for ending in endings}.issubset(set(Ending))
