"""Scenarios of a user's own that contradict themselves: their expectation is not what their faults bring about."""

import functools
from dataclasses import replace

from mailfault.clients import open_client
from mailfault.clients.client import Client
from mailfault.codes.code_map import CodeMap
from mailfault.codes.failure import Failure
from mailfault.contract import Answered, Outcome
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault.events import Ending
from mailfault.judging.judge import judge
from mailfault.judging.reached import not_reached
from mailfault.judging.verdict import Verdict
from mailfault.play.options import RunOptions
from mailfault.play.result import MessageResult, ScenarioResult
from mailfault.play.retry import play_with_retries
from mailfault.scenario.loader import SHIPPED, load_stories
from mailfault.scenario.model import Expect, Scenario
from mailfault.world.plan import WorldPlan

_REFERENCE = "reference"
_ACTIONS = {Outcome.DELIVERED: "deliver", Outcome.DEFERRED: "defer", Outcome.FAILED: "fail"}
_DOUBTED = frozenset({Ending.NOT_REACHED, Ending.MISCLASSIFIED, Ending.UNSAFE})
"""Endings that may be the scenario's fault."""


def without_contradiction(
    result: ScenarioResult, plan: WorldPlan, client: Client, code_map: CodeMap, options: RunOptions
) -> ScenarioResult:
    """Return the result, or one that ends as `broken` if the scenario is at fault.

    It is if the reference client, too, falls short, and what it says is what really happened. The scenarios that come
    with mailfault are passed by the reference client, and are not asked.
    """
    scenario = plan.scenario
    if result.verdict.ending not in _DOUBTED or _is_shipped(scenario):
        return result
    witness = result
    if client.spec != _REFERENCE:
        reference = open_client(_REFERENCE)
        witness = play_with_retries(plan, reference, code_map, replace(options, captures=None))
        reference.close()
    if witness.verdict.ending not in _DOUBTED:
        return result
    short = [
        (number, message)
        for number, message in enumerate(witness.messages, start=1)
        if message.verdict.ending.is_shortfall
    ]
    if not short or not all(_is_right(scenario.of_message(number), message, code_map) for number, message in short):
        return result
    return replace(result, verdict=_at_fault(scenario, short[0][1], result.verdict))


@functools.lru_cache(maxsize=4096)
def _shipped(story: str) -> tuple[Scenario, ...]:
    return load_stories(SHIPPED, frozenset({story}))


def _is_shipped(scenario: Scenario) -> bool:
    return scenario in _shipped(scenario.id.partition("[")[0])


def _is_right(scenario: Scenario, message: MessageResult, code_map: CodeMap) -> bool:
    """Check that the evidence is not as expected, and that the answer is right by the evidence."""
    if not isinstance(message.ended, Answered) or not message.diagnosis.happened:
        return False
    if not_reached(scenario, message.diagnosis, code_map) is None:
        return False  # the evidence is as expected: the answer is in question
    expect = _expectation_of(message.diagnosis, message.ended.answer.outcome)
    if expect is None:
        return False
    changed = scenario.model_copy(update={"expect": expect})
    verdict = judge(scenario=changed, diagnosis=message.diagnosis, ended=message.ended, code_map=code_map)
    return verdict.ending is Ending.PASSED


def _expectation_of(diagnosis: Diagnosis, outcome: Outcome) -> Expect | None:
    """Make an expectation of the evidence, with the action that the answer took. Return None if they contradict."""
    if diagnosis.delivered is not (outcome is Outcome.DELIVERED):
        return None
    reply = str(diagnosis.reply) if diagnosis.failure is Failure.REMOTE_REPLY else None
    return Expect.model_validate({"failure": diagnosis.failure, "action": _ACTIONS[outcome], "reply": reply})


def _at_fault(scenario: Scenario, witness: MessageResult, verdict: Verdict) -> Verdict:
    """Return the verdict on a scenario: nothing is concluded about the client."""
    sentence = (
        f"the scenario {scenario.id} contradicts itself: it expects {witness.verdict.expected}, and its own faults "
        f"bring about {witness.verdict.happened} ({witness.diagnosis.sentence}), as the reference client says"
    )
    return replace(verdict, ending=Ending.BROKEN, sentence=sentence, coarser=())
