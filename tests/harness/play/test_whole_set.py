"""The whole catalogue: the reference client passes it, repeatably, and nothing is left behind."""

import os
from collections.abc import Mapping
from typing import Any

import pytest

from mailfault.clients.client_profile import ClientProfile
from mailfault.codes.code_maps import all_code_maps
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Outcome, Policy, Target
from mailfault.events import Ending, ScenarioFinished
from mailfault.judging.claims import claimed_code
from mailfault.play.options import RunOptions
from mailfault.play.run import run
from mailfault.scenario.loader import load_shipped
from mailfault.world.plan import plan_world
from mailfault_servers.journal import Entry
from mailfault_servers.normal_form import normalised
from tests.support.catalogue import Catalogue, whole_run

RUNS = int(os.environ.get("MAILFAULT_RUNS", "2"))
"""Number of runs that are compared; CI compares more."""


@pytest.mark.slow
def test_every_run_is_like_the_first(catalogue: Catalogue) -> None:
    def essence(events: Mapping[str, ScenarioFinished]) -> dict[str, tuple[str, list[dict[str, Any]]]]:
        return {
            identity: (event.ending, normalised(tuple(Entry.from_json(dict(entry)) for entry in event.journal)))
            for identity, event in events.items()
        }

    first = essence(catalogue.finished)
    for _ in range(RUNS - 1):
        again = essence(whole_run())
        other = [identity for identity in first if again[identity] != first[identity]]
        assert [differences(identity, first[identity], again[identity]) for identity in other] == []


def differences(
    identity: str, first: tuple[str, list[dict[str, Any]]], again: tuple[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    """Summarise how two plays of a scenario differ, short enough for a CI log."""
    return {
        "scenario": identity,
        "endings": (first[0], again[0]),
        "only first": [entry for entry in first[1] if entry not in again[1]][:8],
        "only again": [entry for entry in again[1] if entry not in first[1]][:8],
    }


def test_the_reference_client_passes_every_scenario(catalogue: Catalogue) -> None:
    assert set(catalogue.finished) == {scenario.id for scenario in load_shipped()}
    wrong = {event.id: event.sentence for event in catalogue.finished.values() if event.ending != Ending.PASSED}
    assert wrong == {}


def test_nothing_is_left_behind(catalogue: Catalogue) -> None:
    assert catalogue.threads_left == ()
    assert catalogue.files_left == ()
    assert catalogue.descriptors_left == 0


_OF_SEVERAL_CODES = (Failure.POLICY_FAILED, Failure.MESSAGE_NOT_TRANSFERABLE)


async def by_code_alone(target: Target) -> Answer:
    """Reduce the reference client's answer to what a real client says: outcome, status, host."""
    from mailfault.clients.adapters.reference import ReferenceAdapter

    answer = await ReferenceAdapter().answer_to(target)
    row = next((row for row in PROFILE.rows if row.failure is answer.failure), None)
    if answer.outcome is Outcome.DELIVERED or row is None or answer.recipients:
        return answer
    exact = claimed_code(answer)  # a failed policy has several codes; the client knows which it is
    if exact is not None and answer.failure in _OF_SEVERAL_CODES and row.failure in PROFILE.failures_of(exact):
        return Answer(outcome=answer.outcome, code=exact, server=answer.server)
    return Answer(outcome=answer.outcome, code=row.code, reply=row.status, server=answer.server)


PROFILE = all_code_maps()[0]


@pytest.mark.slow
@pytest.mark.parametrize("profile", all_code_maps(), ids=lambda profile: profile.name)
def test_the_codes_of_a_profile_say_enough(profile: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from mailfault.clients.library.callable_client import CallableClient

    monkeypatch.setattr(f"{__name__}.PROFILE", profile)
    profile_of_client = ClientProfile(policies=tuple(Policy), revocation=True)
    client = CallableClient(by_code_alone, spec="python:by-code-alone", profile=profile_of_client)
    options = RunOptions(profile=profile.name)
    # A function of this test cannot be moved into the sandbox.
    stories = [scenario for scenario in load_shipped() if not plan_world(scenario).needs_link]
    finished = [
        event for event in run(stories, [client], options, version="test") if isinstance(event, ScenarioFinished)
    ]
    assert {event.id: event.sentence for event in finished if event.ending not in ("passed", "tolerated")} == {}
