"""Format expectation, diagnosis and answer in a few words each."""

from mailfault.codes.code_map import CodeMap
from mailfault.codes.failure import Failure
from mailfault.contract import Answer
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault.judging.claims import first_code
from mailfault.scenario.model import Expect


def format_failure(failure: Failure, code_map: CodeMap, code: str | None = None) -> str:
    """Format a failure as "450 4.4.316 connection-refused". `code` replaces the default code if the map has it too."""
    if failure is Failure.REMOTE_REPLY:
        return str(failure)
    basic, enhanced = code_map.status(failure, code).split()[:2]
    return f"{basic} {enhanced} {failure}"


def format_expected(expect: Expect, code_map: CodeMap) -> str:
    """Format the expectation: "delivered", the remote's reply, or the failure."""
    if expect.failure is None:
        return "delivered"
    if expect.reply is not None:
        return expect.reply
    return format_failure(expect.failure, code_map, expect.code)


def format_happened(diagnosis: Diagnosis, code_map: CodeMap) -> str:
    """Format the diagnosis: "delivered", "nothing", the remote's reply, or the failure."""
    if diagnosis.delivered:
        return "delivered"
    if diagnosis.failure is None:
        return "nothing"
    if diagnosis.failure is Failure.REMOTE_REPLY and diagnosis.reply is not None:
        return str(diagnosis.reply)
    return format_failure(diagnosis.failure, code_map, diagnosis.code)


def format_said(answer: Answer, code_map: CodeMap) -> str:
    """Format the answer: its outcome, then its status line, code or failure, or else its words in quotes."""
    reason = _reason(answer, code_map)
    if answer.also:
        reason = " or ".join(str(failure) for failure in (answer.failure, *answer.also))
    elif answer.failure is not None and str(answer.failure) not in reason:
        reason = f"{reason} {answer.failure}".strip()
    if not reason and answer.text:
        reason = f'"{answer.text}"'
    return f"{answer.outcome} {reason}".strip()


def _reason(answer: Answer, code_map: CodeMap) -> str:
    if answer.reply is not None:
        return answer.reply
    if answer.code is not None:
        return answer.code
    if answer.failure is not None and answer.failure is not Failure.REMOTE_REPLY:
        return format_failure(answer.failure, code_map, first_code(answer.text))
    return ""
