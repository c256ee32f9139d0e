"""From three voices to a verdict: the scenario's expectation, the diagnosis, the client's answer."""

import re
from collections.abc import Sequence
from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.codes.profile import Profile
from mailfault.contract import Answer, Answered, Crashed, Declined, DeliveryResult, Hung, Outcome
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault.judging.answer_check import (
    ACTIONS,
    DELIVERED,
    claimed_code,
    claimed_failures,
    named_by,
    own_line_contradicts,
    same_code,
    same_words,
    why_wrong,
    wrong_host,
)
from mailfault.judging.formatting import spell_expected, spell_happened, spell_said
from mailfault.judging.safety import why_unsafe
from mailfault.judging.verdict import Ending, Verdict
from mailfault.scenario.model import Expect, Scenario, Tolerated


def judge(
    *, scenario: Scenario, diagnosis: Diagnosis, ended: DeliveryResult, profile: Profile, unmet: Sequence[str] = ()
) -> Verdict:
    """The verdict on one delivery. The worst that applies counts.

    `unmet` are the faults of the scenario that never acted: with any of them nothing passes.
    """
    expected = spell_expected(scenario.expect, profile)
    happened = spell_happened(diagnosis, profile)
    ending, sentence, said = _decide(scenario, diagnosis, ended, profile, unmet)
    coarser = _coarser(scenario, ended, profile) if ending in (Ending.PASSED, Ending.TOLERATED) else ()
    due = str(scenario.expect.failure or DELIVERED)
    return Verdict(
        ending=ending,
        sentence=sentence,
        expected=expected,
        happened=happened,
        said=said,
        coarser=coarser,
        due=due,
        named=(due,) if ending is Ending.PASSED and not coarser else _named(ended, profile),
    )


def _named(ended: DeliveryResult, profile: Profile) -> tuple[str, ...]:
    return named_by(ended.answer, profile) if isinstance(ended, Answered) else ()


def _coarser(scenario: Scenario, ended: DeliveryResult, profile: Profile) -> tuple[str, ...]:
    """The failures that the client does not tell apart from the one that was expected."""
    due = scenario.expect.failure
    if due is None or due is Failure.REMOTE_REPLY or not isinstance(ended, Answered):
        return ()
    claimed = claimed_failures(ended.answer, profile)
    return tuple(sorted(claimed - {due})) if due in claimed else ()


def _decide(
    scenario: Scenario, diagnosis: Diagnosis, ended: DeliveryResult, profile: Profile, unmet: Sequence[str]
) -> tuple[Ending, str, str]:
    match ended:
        case Hung(deadline_s):
            return Ending.HUNG, f"the client had not answered after {deadline_s:g} s ({diagnosis.sentence})", "nothing"
        case Crashed(reason):
            return Ending.CRASHED, f"the client gave no answer: {reason}", "nothing"
        case Declined(reason):
            return Ending.UNSUPPORTED, reason, "unsupported"
        case Answered(answer):
            said = spell_said(answer, profile)
            ending, sentence = _of_answer(scenario, diagnosis, answer, profile, unmet)
            return ending, sentence, said


def _of_answer(
    scenario: Scenario, diagnosis: Diagnosis, answer: Answer, profile: Profile, unmet: Sequence[str]
) -> tuple[Ending, str]:
    own = {who.lower(): its for who, its in (answer.recipients or {}).items()}
    answers = {who: own.get(who.lower(), answer) for who in scenario.connector.recipients}
    strangers = [one.name for one in scenario.host if one.stranger]
    if (harm := why_unsafe(scenario.connector, diagnosis, answers, scenario.expect, strangers)) is not None:
        return Ending.UNSAFE, harm
    elsewhere = _why_not_reached(scenario, diagnosis, profile)
    if elsewhere is not None and not unmet and _gave_up(scenario.expect, diagnosis, answer):
        return Ending.MISCLASSIFIED, f"the client did not deliver, and it could have: {diagnosis.sentence}"
    if elsewhere is not None and not any(_took(one, scenario.expect, diagnosis) for one in scenario.expect.tolerated):
        return Ending.NOT_REACHED, elsewhere
    if unmet:
        return Ending.NOT_REACHED, f"{unmet[0]} was never met: {diagnosis.sentence}"
    tolerated: str | None = None
    for expect, its, said in _voices(scenario, diagnosis, answer, answers):
        wrong = why_wrong(expect, its, said, profile)
        if wrong is None:
            continue
        reason = _why_tolerated(expect, its, said, profile)
        if reason is None:
            return Ending.MISCLASSIFIED, wrong
        tolerated = reason
    if tolerated is not None:
        return Ending.TOLERATED, tolerated
    if elsewhere is not None:
        return Ending.NOT_REACHED, elsewhere
    return Ending.PASSED, diagnosis.sentence


def _gave_up(expect: Expect, diagnosis: Diagnosis, answer: Answer) -> bool:
    """Whether the client met all that went wrong, and did not get past it as a right one does."""
    if expect.failure is not None or expect.recipients or any(one.failure is not None for one in expect.tolerated):
        return False
    return diagnosis.happened and not diagnosis.delivered and answer.outcome is not Outcome.DELIVERED


def _voices(
    scenario: Scenario, diagnosis: Diagnosis, answer: Answer, answers: dict[str, Answer]
) -> list[tuple[Expect, Diagnosis, Answer]]:
    """What is to be compared: each recipient by itself where they are expected to differ; else the whole, and then
    what the client says of single recipients. Whom the mail was brought to by itself, in a session of its own, for him
    it did not fail: to say so is right, whatever is expected of the others."""
    each = [(*_of_recipient(scenario.expect, diagnosis, who), its) for who, its in answers.items()]
    if scenario.expect.recipients:
        return each
    own = [one for one in each if one[2] is not answer]
    apart = [one for one in own if not (one[1].delivered and one[2].outcome is Outcome.DELIVERED)]
    return [(scenario.expect, diagnosis, answer), *apart]


def _of_recipient(expect: Expect, diagnosis: Diagnosis, who: str) -> tuple[Expect, Diagnosis]:
    """What was expected and what happened for one recipient: its own, or what goes for all."""
    expected = {one.lower(): its for one, its in (expect.recipients or {}).items()}
    return expected.get(who.lower(), expect), diagnosis.recipients.get(who.lower(), diagnosis)


def _why_not_reached(scenario: Scenario, diagnosis: Diagnosis, profile: Profile) -> str | None:
    """Where expectation and evidence part: then the fault was not met, and nothing may be said about it."""
    expect = scenario.expect
    if not diagnosis.happened:
        return f"expected {spell_expected(expect, profile)}, but {diagnosis.sentence}"
    if expect.recipients:
        pairs = [_of_recipient(expect, diagnosis, who) for who in scenario.connector.recipients]
    else:
        pairs = [(expect, diagnosis)]
    for wanted, its in pairs:
        if not _agree(wanted, its):
            return (
                f"expected {spell_expected(wanted, profile)}, "
                f"but {spell_happened(its, profile)} is what happened: {its.sentence}"
            )
    return None


def _agree(expect: Expect, diagnosis: Diagnosis) -> bool:
    if expect.server is not None and diagnosis.server != expect.server:
        return False
    if expect.failure is None:
        return diagnosis.delivered
    if diagnosis.delivered or diagnosis.failure is not expect.failure:
        return False
    if expect.code is not None and diagnosis.code is not None and not same_code(expect.code, diagnosis.code):
        return False
    if expect.reply is not None:
        return diagnosis.reply is not None and same_words(expect.reply, str(diagnosis.reply))
    return True


def _took(one: Tolerated, expect: Expect, diagnosis: Diagnosis) -> bool:
    """Whether the client took the other course that this entry allows: to deliver all the same, or not to."""
    if expect.failure is not None:
        return one.action == "deliver" and diagnosis.delivered
    return one.failure is not None and not diagnosis.delivered and diagnosis.failure in (None, one.failure)


def _why_tolerated(expect: Expect, diagnosis: Diagnosis, answer: Answer, profile: Profile) -> str | None:
    return next(
        (one.because for one in expect.tolerated if _is_tolerated(one, expect, diagnosis, answer, profile)), None
    )


def _is_tolerated(one: Tolerated, expect: Expect, diagnosis: Diagnosis, answer: Answer, profile: Profile) -> bool:
    """Whether the answer is right by the expectation as this entry changes it."""
    if answer.outcome is not ACTIONS[one.action or expect.action]:
        return False
    if diagnosis.delivered is not (answer.outcome is Outcome.DELIVERED):
        return False
    words = f"{answer.reply or ''} {answer.text or ''}"
    if one.text is not None and re.search(one.text, words, re.IGNORECASE) is None:
        return False
    if one.code is None and one.failure is None:
        action = one.action or expect.action
        failure = None if action == "deliver" else expect.failure
        changed = expect.model_copy(update={"action": action, "failure": failure})
        return why_wrong(changed, diagnosis, answer, profile) is None
    # A client that names another failure speaks of another attempt, perhaps at another address of the same host.
    where = diagnosis if one.failure in (None, expect.failure) else replace(diagnosis, address=None)
    if wrong_host(expect, where, answer) or own_line_contradicts(diagnosis, answer, profile):
        return False
    if one.code is not None:
        return claimed_code(answer) == one.code and answer.failure in (None, one.failure or expect.failure)
    return one.failure in claimed_failures(answer, profile)
