"""Constant answers, after a part of a delivery or after none: no verdict in their favour without evidence."""

from collections.abc import Callable

import pytest

from mailfault.clients.library.callable_client import CallableClient
from mailfault.contract import Answer, Limits
from mailfault.events import Ending, ScenarioFinished
from mailfault.play.options import RunOptions
from mailfault.play.run import run
from mailfault.scenario.loader import load_shipped
from tests.support.dummies import ANSWERS, Dummy, connects_and_listens, does_nothing, looks_names_up

SHORT = Limits(connect_s=0.5, command_s=0.5, dns_s=0.5)


def played(dummy: Dummy, *, control: bool) -> list[ScenarioFinished]:
    options = RunOptions(control=control, limits=SHORT, deadline_s=4.0)
    events = run(load_shipped(), [CallableClient(dummy, spec="python:dummy")], options, version="test")
    finished = [event for event in events if isinstance(event, ScenarioFinished)]
    return [event for event in finished if event.ending is not Ending.UNSUPPORTED]  # those that need the sandbox


def names(answer: Answer) -> str:
    return answer.code or str(answer.outcome)


@pytest.mark.slow
@pytest.mark.parametrize("answer", ANSWERS, ids=names)
@pytest.mark.parametrize("dummy", [does_nothing, looks_names_up, connects_and_listens])
def test_no_dummy_passes_with_controls(dummy: Callable[[Answer], Dummy], answer: Answer) -> None:
    finished = played(dummy(answer), control=True)
    assert [event.id for event in finished if not Ending(event.ending).is_shortfall] == []


@pytest.mark.slow
@pytest.mark.parametrize("answer", ANSWERS, ids=names)
def test_who_does_nothing_passes_nowhere_without_controls(answer: Answer) -> None:
    finished = played(does_nothing(answer), control=False)
    assert [event.id for event in finished if not Ending(event.ending).is_shortfall] == []


@pytest.mark.slow
@pytest.mark.parametrize("answer", ANSWERS, ids=names)
@pytest.mark.parametrize("dummy", [looks_names_up, connects_and_listens])
def test_who_passes_without_controls_has_the_evidence_on_its_side(
    dummy: Callable[[Answer], Dummy], answer: Answer
) -> None:
    for event in played(dummy(answer), control=False):
        if Ending(event.ending).is_shortfall:
            continue
        assert event.happened != "nothing" or event.fault_met, event.id
