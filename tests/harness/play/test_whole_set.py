"""The whole set, again and again: the same verdicts and the same journals, and nothing left behind."""

import os
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

from mailfault.clients import open_client
from mailfault.clients.client_profile import ClientProfile
from mailfault.codes.failure import Failure
from mailfault.codes.profiles import all_profiles
from mailfault.contract import Answer, Outcome, Policy, Target
from mailfault.events import ScenarioFinished
from mailfault.judging.answer_check import claimed_code
from mailfault.play.options import RunOptions
from mailfault.play.run import run
from mailfault.scenario.loader import load_shipped
from mailfault.world.plan import plan_world
from mailfault_servers.journal import Entry
from mailfault_servers.loop import stop_server_loop
from mailfault_servers.normal_form import normalised

RUNS = int(os.environ.get("MAILFAULT_RUNS", "2"))
"""How often the whole set is played; CI plays it more often."""


def whole_run(spec: str = "reference", **options: Any) -> dict[str, ScenarioFinished]:
    client = open_client(spec)
    events = list(run(load_shipped(), [client], RunOptions(**options), version="test"))
    client.close()
    return {event.id: event for event in events if isinstance(event, ScenarioFinished)}


def test_every_run_is_like_the_first() -> None:
    def told(events: dict[str, ScenarioFinished]) -> dict[str, tuple[str, list[dict[str, Any]]]]:
        return {
            identity: (event.ending, normalised(tuple(Entry.from_json(dict(one)) for one in event.journal)))
            for identity, event in events.items()
        }

    first = told(whole_run())
    for _ in range(RUNS - 1):
        again = told(whole_run())
        other = [identity for identity in first if again[identity] != first[identity]]
        assert [differences(identity, first[identity], again[identity]) for identity in other] == []


def differences(
    identity: str, first: tuple[str, list[dict[str, Any]]], again: tuple[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    """What one of two plays has and the other has not, short enough to be read in a CI log."""
    return {
        "scenario": identity,
        "endings": (first[0], again[0]),
        "only first": [one for one in first[1] if one not in again[1]][:8],
        "only again": [one for one in again[1] if one not in first[1]][:8],
    }


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop_server_loop()
    threads = set(threading.enumerate())
    descriptors = Path("/proc/self/fd")
    opened = len(list(descriptors.iterdir())) if descriptors.is_dir() else None
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    whole_run()
    stop_server_loop()
    left = [one for one in threading.enumerate() if one not in threads and one.is_alive()]
    assert [one.name for one in left] == []
    assert list(tmp_path.iterdir()) == []
    if opened is not None:
        assert len(list(descriptors.iterdir())) <= opened


async def by_code_alone(target: Target) -> Answer:
    """The reference client's answer with nothing in it but what a real client says: outcome, status, host."""
    from mailfault.clients.adapters.reference import ReferenceAdapter

    answer = await ReferenceAdapter().answer_to(target)
    row = next((row for row in PROFILE.rows if row.failure is answer.failure), None)
    if answer.outcome is Outcome.DELIVERED or row is None or answer.recipients:
        return answer
    exact = claimed_code(answer)  # a failed policy has several codes; the client knows which it is
    if exact is not None and answer.failure is Failure.POLICY_FAILED and row.failure in PROFILE.failures_of(exact):
        return Answer(outcome=answer.outcome, code=exact, server=answer.server)
    return Answer(outcome=answer.outcome, code=row.code, reply=row.status, server=answer.server)


PROFILE = all_profiles()[0]


@pytest.mark.parametrize("profile", all_profiles(), ids=lambda one: one.name)
def test_the_codes_of_a_profile_say_enough(profile: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from mailfault.clients.adapters.python import CallableClient

    monkeypatch.setattr(f"{__name__}.PROFILE", profile)
    profile_of_client = ClientProfile(policies=tuple(Policy))
    client = CallableClient(by_code_alone, spec="python:by-code-alone", profile=profile_of_client)
    options = RunOptions(profile=profile.name)
    # A function of this test cannot be moved into the sandbox.
    stories = [one for one in load_shipped() if not plan_world(one).needs_link]
    finished = [e for e in run(stories, [client], options, version="test") if isinstance(e, ScenarioFinished)]
    assert {event.id: event.sentence for event in finished if event.ending not in ("passed", "tolerated")} == {}
