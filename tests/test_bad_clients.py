"""Clients that the harness must catch: each is wrong in one way and names in CAUGHT the scenarios that show it."""

import contextlib
import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from mailfault.clients import open_client
from mailfault.clients.client import Client
from mailfault.events import Ending, ScenarioFinished
from mailfault.play.options import RunOptions
from mailfault.play.run import run
from mailfault.scenario.loader import load_shipped
from mailfault.scenario.model import Scenario
from tests.support.catches import BLUNT, bad_clients, report

ROOT = Path(__file__).parents[1]
BAD_CLIENTS = bad_clients()
SCENARIOS = {scenario.id: scenario for scenario in load_shipped()}


def play_all(scenarios: Sequence[Scenario], client: Client, *, control: bool) -> dict[str, ScenarioFinished]:
    options = RunOptions(control=control, deadline_s=8.0 if control else 4.0)
    events = list(run(scenarios, [client], options, version="test"))
    return {event.id: event for event in events if isinstance(event, ScenarioFinished)}


@pytest.fixture
def bad_client(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.chdir(ROOT)
    client = open_client(f"python:tests.bad_clients.{request.param}:deliver", in_process=True)
    yield client
    client.close()


def test_there_are_many_bad_clients() -> None:
    assert len(BAD_CLIENTS) >= 60


@pytest.mark.slow
@pytest.mark.parametrize("bad_client", sorted(BLUNT), indirect=True)
def test_no_scenario_lets_a_blunt_client_pass(bad_client: Client) -> None:
    finished = play_all(tuple(SCENARIOS.values()), bad_client, control=False)
    assert len(finished) == len(SCENARIOS)
    assert [event.id for event in finished.values() if not Ending(event.ending).is_shortfall] == []
    assert [event.id for event in finished.values() if event.ending == Ending.BROKEN] == []


@pytest.mark.parametrize(("bad_client", "name"), [(name, name) for name in BAD_CLIENTS], indirect=["bad_client"])
def test_each_is_caught_where_it_shows_with_the_right_ending(bad_client: Client, name: str) -> None:
    module = importlib.import_module(f"tests.bad_clients.{name}")
    expected: dict[str, str] = module.CAUGHT
    assert expected
    assert module.__doc__
    finished = play_all([SCENARIOS[identity] for identity in expected], bad_client, control=True)
    assert {event.id: event.ending for event in finished.values()} == expected
    for identity, sentence in getattr(module, "BECAUSE", {}).items():
        assert sentence in finished[identity].sentence


def test_the_raw_client_is_right_in_all_but_what_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with contextlib.closing(open_client("python:tests.support.raw_client:deliver")) as client:
        strict = [scenario for identity, scenario in SCENARIOS.items() if identity.startswith("control/strict")]
        finished = play_all(strict, client, control=True)
    assert {event.ending for event in finished.values()} == {"passed"}


@pytest.mark.parametrize(
    ("bad_client", "rule"),
    [
        ("sends_bare_line_feeds", "it ended a line with LF alone (RFC 5321 2.3.8)"),
        ("sends_long_lines", "it sent a line of more than 998 octets in the message"),
        (
            "sends_eight_bits_undeclared",
            "it sent a message with 8-bit content and did not declare BODY=8BITMIME (RFC 6152 3)",
        ),
    ],
    indirect=["bad_client"],
)
def test_a_strict_host_names_the_rule(bad_client: Client, rule: str) -> None:
    """The control is left out: the message that these clients change makes them unsafe with any host."""
    identity = "control/strict[route=mx,tls=none]"
    (event,) = play_all([SCENARIOS[identity]], bad_client, control=False).values()
    assert event.ending == "misclassified"
    assert rule in event.sentence


def test_the_report_names_catches() -> None:
    first, second = list(SCENARIOS.values())[:2]
    endings = {
        "always_4_4_0": {first.id: "misclassified", second.id: "misclassified"},
        "bounces_on_421": {first.id: "unsafe", second.id: "passed"},
    }
    page = report(endings, [first, second])
    assert "Scenarios that catch only the blunt clients: 1." in page
    assert f"| bounces_on_421 | 1 | 1 unsafe | {first.id} |" in page
    assert f"| {first.id} | 1 | bounces_on_421 | bounces_on_421 |" in page
    assert f"| {second.id} | 0 |  | only blunt clients |" in page
