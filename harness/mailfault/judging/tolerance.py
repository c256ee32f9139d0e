"""Check whether the scenario tolerates an answer that does not match its expectation."""

import re
from dataclasses import replace

from mailfault.codes.code_map import CodeMap
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Outcome
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault.judging.answer_check import ACTIONS, host_mismatch, mismatch, status_line_conflict
from mailfault.judging.claims import claimed_code, claimed_failures
from mailfault.judging.remote_reply import passes_on
from mailfault.scenario.model import Expect, Tolerated


def tolerance(expect: Expect, diagnosis: Diagnosis, answer: Answer, code_map: CodeMap) -> str | None:
    """Return the scenario's reason to tolerate the answer, or None if it has none."""
    entries = (entry for entry in expect.tolerated if _is_tolerated(entry, expect, diagnosis, answer, code_map))
    return next((entry.because for entry in entries), None)


def took_tolerated_course(expect: Expect, diagnosis: Diagnosis, *, met: bool) -> bool:
    """Check for the other course that a scenario allows: to deliver in spite of the fault, not to deliver, or
    to meet a later refusal.

    A client that met no fault, and to which nothing happened, took no course.
    """
    return (diagnosis.happened or met) and any(_is_course(entry, expect, diagnosis) for entry in expect.tolerated)


def _is_course(entry: Tolerated, expect: Expect, diagnosis: Diagnosis) -> bool:
    if entry.reply is not None:
        return _met_reply(entry.reply, diagnosis)
    if expect.failure is not None:
        return entry.action == "deliver" and diagnosis.delivered
    return entry.failure is not None and not diagnosis.delivered and diagnosis.failure in (None, entry.failure)


def _met_reply(reply: str, diagnosis: Diagnosis) -> bool:
    """Check that the client went on past the fault, and met this refusal."""
    is_refused = diagnosis.failure is Failure.REMOTE_REPLY and diagnosis.reply is not None
    return is_refused and reply.split() == str(diagnosis.reply).split()


def _is_tolerated(entry: Tolerated, expect: Expect, diagnosis: Diagnosis, answer: Answer, code_map: CodeMap) -> bool:
    """Check the answer against the expectation as `entry` changes it."""
    action = entry.action or expect.action
    if answer.outcome is not ACTIONS[action] or diagnosis.delivered is not (answer.outcome is Outcome.DELIVERED):
        return False
    words = f"{answer.reply or ''} {answer.text or ''}"
    if entry.text is not None and re.search(entry.text, words, re.IGNORECASE) is None:
        return False
    if entry.reply is not None:
        refused = expect.model_copy(
            update={"action": action, "failure": Failure.REMOTE_REPLY, "reply": entry.reply, "code": None}
        )
        return _met_reply(entry.reply, diagnosis) and mismatch(refused, diagnosis, answer, code_map) is None
    if entry.code is None and entry.failure is None:
        failure = None if action == "deliver" else expect.failure
        changed = expect.model_copy(update={"action": action, "failure": failure})
        return mismatch(changed, diagnosis, answer, code_map) is None
    return _names_tolerated(entry, expect, diagnosis, answer, code_map)


def _names_tolerated(entry: Tolerated, expect: Expect, diagnosis: Diagnosis, answer: Answer, code_map: CodeMap) -> bool:
    """Check that the answer names the code or the failure of `entry`, and the right host."""
    # A client that names another failure speaks of another attempt, perhaps at another address of the same host.
    where = diagnosis if entry.failure in (None, expect.failure) else replace(diagnosis, address=None)
    if host_mismatch(expect, where, answer) or status_line_conflict(diagnosis, answer, code_map):
        return False
    if entry.code is not None:
        return claimed_code(answer) == entry.code and answer.failure in (None, entry.failure or expect.failure)
    if entry.failure is Failure.REMOTE_REPLY and passes_on(diagnosis, answer):
        return True
    return entry.failure in claimed_failures(answer, code_map)
