"""The claims of an answer: the enhanced code that it gives, and the failures that it may mean."""

import re

from mailfault.codes.code_map import CodeMap
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Outcome

DELIVERED = "delivered"
"""Used in place of a failure when the mail was delivered."""
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\d|\.\d)")
_STATUS_LINE = re.compile(r"([245])\d\d(?:[ -]|$)")
_OUTCOMES = {"2": Outcome.DELIVERED, "4": Outcome.DEFERRED, "5": Outcome.FAILED}


def first_code(text: str | None) -> str | None:
    """Return the first enhanced code in a text (RFC 3463), or None."""
    found = _ENHANCED.search(text or "")
    return found[1] if found is not None else None


def status_line_outcome(line: str | None) -> Outcome | None:
    """Return the outcome that a status line states by its first digit, or None if the line is no status line."""
    found = _STATUS_LINE.match(line or "")
    return _OUTCOMES[found[1]] if found is not None else None


def same_code(code: str, other: str) -> bool:
    """Compare two enhanced codes without their class (4 while the mail is queued, 5 once it is given up)."""
    return code.partition(".")[2] == other.partition(".")[2]


def claimed_code(answer: Answer) -> str | None:
    """Return the enhanced code that the answer gives, or else the first in its status line or text."""
    if answer.code is not None:
        return answer.code
    return first_code(answer.reply) or first_code(answer.text)


def claimed_failures(answer: Answer, code_map: CodeMap) -> frozenset[Failure]:
    """Return the failures that the answer may mean; none if it names none, or contradicts itself."""
    if answer.also and answer.failure is not None:
        return frozenset({answer.failure, *answer.also})
    if answer.failure is Failure.REMOTE_REPLY:
        return frozenset({Failure.REMOTE_REPLY})
    if answer.failure is None:
        code = claimed_code(answer)
        return code_map.failures_of(code) if code is not None else frozenset()
    if answer.code is not None and answer.failure not in code_map.failures_of(answer.code):
        return frozenset()
    return frozenset({answer.failure})


def named_by(answer: Answer, code_map: CodeMap) -> tuple[str, ...]:
    """Return "delivered", or the failures that the answer may mean; "remote-reply" if it only passes on a status line.

    The tuple is empty if the answer names nothing.
    """
    if answer.outcome is Outcome.DELIVERED:
        return (DELIVERED,)
    if claimed := claimed_failures(answer, code_map):
        return tuple(sorted(claimed))
    passes_on = answer.failure is None and status_line_outcome(answer.reply) is not None
    return (str(Failure.REMOTE_REPLY),) if passes_on else ()
