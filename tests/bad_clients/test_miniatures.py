"""The harness is tested by clients that it must catch: each is wrong in one way, and says itself where that shows."""

import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from mailfault.clients import open_client
from mailfault.clients.client import Client
from mailfault.events import ScenarioFinished
from mailfault.judging.verdict import Ending
from mailfault.play.options import RunOptions
from mailfault.play.run import run
from mailfault.scenario.loader import load_shipped
from mailfault.scenario.model import Scenario
from tests.bad_clients.report import BLUNT, miniatures, report

HERE = Path(__file__).parent
MINIATURES = miniatures()
SCENARIOS = {one.id: one for one in load_shipped()}


def play_all(scenarios: Sequence[Scenario], client: Client, *, control: bool) -> dict[str, ScenarioFinished]:
    options = RunOptions(control=control, deadline_s=8.0 if control else 4.0)
    events = list(run(scenarios, [client], options, version="test"))
    return {event.id: event for event in events if isinstance(event, ScenarioFinished)}


@pytest.fixture
def miniature(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.chdir(HERE.parents[1])
    client = open_client(f"python:tests.bad_clients.{request.param}:deliver")
    yield client
    client.close()


def test_there_are_enough_of_them() -> None:
    assert len(MINIATURES) >= 60


def test_the_reference_client_passes_every_scenario() -> None:
    client = open_client("reference")
    finished = play_all(tuple(SCENARIOS.values()), client, control=True)
    client.close()
    assert set(finished) == set(SCENARIOS)
    assert {event.id: event.sentence for event in finished.values() if event.ending != Ending.PASSED} == {}


@pytest.mark.parametrize("miniature", sorted(BLUNT), indirect=True)
def test_no_scenario_lets_a_blunt_client_pass(miniature: Client) -> None:
    finished = play_all(tuple(SCENARIOS.values()), miniature, control=False)
    assert len(finished) == len(SCENARIOS)
    assert [event.id for event in finished.values() if not Ending(event.ending).is_shortfall] == []
    assert [event.id for event in finished.values() if event.ending == Ending.BROKEN] == []


@pytest.mark.parametrize(("miniature", "name"), [(name, name) for name in MINIATURES], indirect=["miniature"])
def test_each_is_caught_where_it_shows_with_the_right_ending(miniature: Client, name: str) -> None:
    module = importlib.import_module(f"tests.bad_clients.{name}")
    expected: dict[str, str] = module.CAUGHT
    assert expected
    assert module.__doc__
    finished = play_all([SCENARIOS[identity] for identity in expected], miniature, control=True)
    assert {event.id: event.ending for event in finished.values()} == expected


def test_the_report_says_who_catches_whom() -> None:
    first, second = list(SCENARIOS.values())[:2]
    endings = {
        "always_4_4_0": {first.id: "misclassified", second.id: "misclassified"},
        "bounces_on_421": {first.id: "unsafe", second.id: "passed"},
    }
    page = report(endings, [first, second])
    assert "Scenarios that catch nobody but the blunt ones: 1." in page
    assert f"| bounces_on_421 | 1 | 1 unsafe | {first.id} |" in page
    assert f"| {first.id} | 1 | bounces_on_421 | bounces_on_421 |" in page
    assert f"| {second.id} | 0 |  | nobody but the blunt ones |" in page
