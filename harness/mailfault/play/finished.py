"""The event that reports one scenario's result."""

import shlex
from typing import Any

from mailfault.clients.client import Client
from mailfault.codes.explanation import explain
from mailfault.codes.failure import Failure
from mailfault.contract import Answered, DeliveryResult
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault.events import ScenarioFinished
from mailfault.play.options import RunOptions
from mailfault.play.result import MessageResult, ScenarioResult
from mailfault.scenario.model import Scenario


def scenario_finished(
    scenario: Scenario,
    client: Client,
    result: ScenarioResult,
    *,
    control: str | None,
    options: RunOptions,
    duration_s: float,
) -> ScenarioFinished:
    """Return the event. `control` is the ending of the control, if it was played with this scenario."""
    diagnosis, verdict = result.diagnosis, result.verdict
    failure = _deciding_failure(scenario, diagnosis)
    explanation = explain(failure) if failure is not None else None
    return ScenarioFinished(
        id=scenario.id,
        client=client.spec,
        title=scenario.title,
        ending=verdict.ending,
        sentence=verdict.sentence,
        expected=verdict.expected,
        happened=verdict.happened,
        said=verdict.said,
        coarser=verdict.coarser,
        due=verdict.due,
        named=verdict.named,
        fault_met=verdict.fault_met,
        grade=str(diagnosis.grade) if diagnosis is not None else "",
        duration_s=round(duration_s, 4),
        failure=str(failure) if failure is not None else None,
        meaning=explanation.meaning if explanation is not None else "",
        causes=tuple(explanation.causes) if explanation is not None else (),
        fixes=tuple(explanation.fixes) if explanation is not None else (),
        evidence=diagnosis.sentence if diagnosis is not None else "",
        answer=_answer_json(result.ended),
        control=control,
        scenario=scenario.to_json(),
        journal=tuple(entry.to_json() for entry in result.entries),
        repeat=repeat_command(scenario, client, options),
        seed=scenario.seed,
        plays=result.tries,
        processes=result.processes,
        messages=_messages_json(result.messages) if scenario.connector.messages > 1 else (),
    )


def _messages_json(messages: tuple[MessageResult, ...]) -> tuple[dict[str, Any], ...]:
    return tuple(_message_json(number, message) for number, message in enumerate(messages, start=1))


def _message_json(number: int, message: MessageResult) -> dict[str, Any]:
    verdict = message.verdict
    return {
        "number": number,
        "ending": str(verdict.ending),
        "sentence": verdict.sentence,
        "expected": verdict.expected,
        "happened": verdict.happened,
        "said": verdict.said,
        "answer": _answer_json(message.ended),
    }


def _answer_json(ended: DeliveryResult | None) -> dict[str, Any] | None:
    return ended.answer.to_json() if isinstance(ended, Answered) else None


def _deciding_failure(scenario: Scenario, diagnosis: Diagnosis | None) -> Failure | None:
    if diagnosis is not None and diagnosis.failure is not None:
        return diagnosis.failure
    return scenario.expect.failure


def repeat_command(scenario: Scenario, client: Client, options: RunOptions) -> str:
    """Return the command line that plays this again, to be pasted into a shell."""
    further = options.repeat_with.get(scenario.id, ())
    return shlex.join(("mailfault", "run", scenario.id, "--client", client.spec, *further))
