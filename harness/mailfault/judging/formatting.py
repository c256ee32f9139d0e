"""The three voices, each in few words."""

import re

from mailfault.codes.code_map import CodeMap
from mailfault.codes.failure import Failure
from mailfault.contract import Answer
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault.scenario.model import Expect


def format_failure(failure: Failure, code_map: CodeMap, code: str | None = None) -> str:
    """ "450 4.4.316 connection-refused"; with `code` in place of the code map's own where the code map has it too."""
    if failure is Failure.REMOTE_REPLY:
        return str(failure)
    basic, enhanced = code_map.status(failure, code).split()[:2]
    return f"{basic} {enhanced} {failure}"


def format_expected(expect: Expect, code_map: CodeMap) -> str:
    if expect.failure is None:
        return "delivered"
    if expect.reply is not None:
        return expect.reply
    return format_failure(expect.failure, code_map, expect.code)


def format_happened(diagnosis: Diagnosis, code_map: CodeMap) -> str:
    if diagnosis.delivered:
        return "delivered"
    if diagnosis.failure is None:
        return "nothing"
    if diagnosis.failure is Failure.REMOTE_REPLY and diagnosis.reply is not None:
        return str(diagnosis.reply)
    return format_failure(diagnosis.failure, code_map, diagnosis.code)


def format_said(answer: Answer, code_map: CodeMap) -> str:
    """Outcome, and what the client gave for its reason: its own status line, its code, or its words."""
    if answer.reply is not None:
        reason = answer.reply
    elif answer.code is not None:
        reason = answer.code
    elif answer.failure is not None and answer.failure is not Failure.REMOTE_REPLY:
        reason = format_failure(answer.failure, code_map, _first_code(answer.text))
    else:
        reason = ""
    if answer.also:
        reason = " or ".join(str(one) for one in (answer.failure, *answer.also))
    elif answer.failure is not None and str(answer.failure) not in reason:
        reason = f"{reason} {answer.failure}".strip()
    if not reason and answer.text:
        reason = f'"{answer.text}"'
    return f"{answer.outcome} {reason}".strip()


def _first_code(words: str | None) -> str | None:
    found = re.search(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?!\d|\.\d)", words or "")
    return found[0] if found is not None else None
