"""Judge a delivery by three voices: the scenario's expectation, the diagnosis, and the client's answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mailfault.codes.code_map import CodeMap
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Answered, Crashed, Declined, DeliveryResult, Hung, Outcome
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault.events import Ending
from mailfault.judging.answer_check import mismatch
from mailfault.judging.claims import DELIVERED, claimed_failures, named_by
from mailfault.judging.fate import wrong_fate
from mailfault.judging.formatting import format_expected, format_happened, format_said
from mailfault.judging.message_check import GivenMessage
from mailfault.judging.reached import for_recipient, not_reached
from mailfault.judging.safety import safety_violation
from mailfault.judging.tolerance import tolerance, took_tolerated_course
from mailfault.judging.verdict import Verdict
from mailfault.scenario.model import Expect, Scenario


def judge(
    *,
    scenario: Scenario,
    diagnosis: Diagnosis,
    ended: DeliveryResult,
    code_map: CodeMap,
    untriggered: Sequence[str] = (),
    met: bool | None = None,
    inert: bool = False,
    given: GivenMessage | None = None,
) -> Verdict:
    """Return the verdict on one delivery: the worst ending that applies.

    `untriggered` are the scenario's faults that never acted; nothing passes with any of them. `met` tells if any fault
    acted, optional ones included (None: there is no fault). `inert` tells that a fault did not act upon what it is for.
    `given` is the message that the client was to deliver; without it accepted messages are not compared.
    """
    case = _Case(scenario, diagnosis, code_map, tuple(untriggered), met=met, inert=inert, given=given)
    ending, sentence, said = _decide(case, ended)
    if ending is Ending.PASSED and met is False:
        sentence = f"passed; the fault was not met: {sentence}"
    coarser = _coarser(scenario, ended, code_map) if ending in (Ending.PASSED, Ending.TOLERATED) else ()
    due = str(scenario.expect.failure or DELIVERED)
    return Verdict(
        ending=ending,
        sentence=sentence,
        expected=format_expected(scenario.expect, code_map),
        happened=format_happened(diagnosis, code_map),
        said=said,
        coarser=coarser,
        due=due,
        named=(due,) if ending is Ending.PASSED and not coarser else _named(ended, code_map),
        fault_met=met,
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """The voices of scenario and evidence, before the client's is heard."""

    scenario: Scenario
    diagnosis: Diagnosis
    code_map: CodeMap
    untriggered: tuple[str, ...]
    met: bool | None
    inert: bool
    given: GivenMessage | None


def _named(ended: DeliveryResult, code_map: CodeMap) -> tuple[str, ...]:
    return named_by(ended.answer, code_map) if isinstance(ended, Answered) else ()


def _coarser(scenario: Scenario, ended: DeliveryResult, code_map: CodeMap) -> tuple[str, ...]:
    """Return the failures that the answer does not tell apart from the expected one."""
    due = scenario.expect.failure
    if due is None or due is Failure.REMOTE_REPLY or not isinstance(ended, Answered):
        return ()
    claimed = claimed_failures(ended.answer, code_map)
    return tuple(sorted(claimed - {due})) if due in claimed else ()


def _decide(case: _Case, ended: DeliveryResult) -> tuple[Ending, str, str]:
    """Return the ending, its reason, and the client's voice."""
    match ended:
        case Hung(deadline_s):
            waited = f"the client had not answered after {deadline_s:g} s ({case.diagnosis.sentence})"
            return Ending.HUNG, waited, "nothing"
        case Crashed(reason):
            return Ending.CRASHED, f"the client gave no answer: {reason}", "nothing"
        case Declined(reason):
            return Ending.UNSUPPORTED, reason, "unsupported"
        case Answered(answer):
            ending, sentence = _judge_answer(case, answer)
            return ending, sentence, format_said(answer, case.code_map)


def _judge_answer(case: _Case, answer: Answer) -> tuple[Ending, str]:
    scenario, diagnosis = case.scenario, case.diagnosis
    answers = _answers(scenario, answer)
    unrelated = [host.name for host in scenario.host if host.stranger]
    expect = None if case.inert else scenario.expect
    if (harm := safety_violation(scenario.connector, diagnosis, answers, expect, unrelated, case.given)) is not None:
        return Ending.UNSAFE, harm
    if diagnosis.is_punished:
        could = "did not deliver, and it could have" if scenario.expect.failure is None else "came no further"
        return Ending.MISCLASSIFIED, f"the client {could}: {diagnosis.sentence}"
    elsewhere = not_reached(scenario, diagnosis, case.code_map)
    if elsewhere is not None and not case.untriggered and (wrong := wrong_fate(scenario, diagnosis, answers)):
        return Ending.MISCLASSIFIED, wrong
    if elsewhere is not None and not took_tolerated_course(scenario.expect, diagnosis, met=case.met is True):
        return Ending.NOT_REACHED, elsewhere
    if case.untriggered:
        return Ending.NOT_REACHED, f"{case.untriggered[0]} was never met: {diagnosis.sentence}"
    ending, sentence = _compare(_voices(scenario, diagnosis, answer, answers), case.code_map)
    if ending is Ending.PASSED:
        return (ending, diagnosis.sentence) if elsewhere is None else (Ending.NOT_REACHED, elsewhere)
    return ending, sentence


def _answers(scenario: Scenario, answer: Answer) -> dict[str, Answer]:
    """Return the answer for each recipient: its own, or else the one for all."""
    own = {recipient.lower(): single for recipient, single in (answer.recipients or {}).items()}
    return {recipient: own.get(recipient.lower(), answer) for recipient in scenario.connector.recipients}


def _compare(voices: Sequence[tuple[Expect, Diagnosis, Answer]], code_map: CodeMap) -> tuple[Ending, str]:
    """Compare each answer with its expectation: misclassified, tolerated (with the last reason), or passed."""
    tolerated: str | None = None
    for expect, diagnosis, answer in voices:
        if (wrong := mismatch(expect, diagnosis, answer, code_map)) is None:
            continue
        tolerated = tolerance(expect, diagnosis, answer, code_map)
        if tolerated is None:
            return Ending.MISCLASSIFIED, wrong
    return (Ending.TOLERATED, tolerated) if tolerated is not None else (Ending.PASSED, "")


def _voices(
    scenario: Scenario, diagnosis: Diagnosis, answer: Answer, answers: Mapping[str, Answer]
) -> list[tuple[Expect, Diagnosis, Answer]]:
    """Return the voices to compare.

    If the scenario has expectations for single recipients, each recipient is compared. Otherwise the whole delivery is,
    and then each recipient with an answer of its own. A recipient delivered in a separate session did not fail;
    reporting that is correct whatever the others expect.
    """
    single = [
        (*for_recipient(scenario.expect, diagnosis, recipient), own_answer) for recipient, own_answer in answers.items()
    ]
    if scenario.expect.recipients:
        return single
    own = [voices for voices in single if voices[2] is not answer]
    undelivered = [voices for voices in own if not (voices[1].delivered and voices[2].outcome is Outcome.DELIVERED)]
    return [(scenario.expect, diagnosis, answer), *undelivered]
