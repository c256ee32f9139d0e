"""Check an answer against the expectation: its outcome, its failure, and the remote's words and host."""

from collections.abc import Callable

from mailfault.codes.code_map import CodeMap
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Outcome, Server
from mailfault.diagnosis.addresses import same_address
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault.judging.claims import claimed_code, claimed_failures, first_code, same_code, status_line_outcome
from mailfault.judging.formatting import format_failure
from mailfault.judging.remote_reply import reply_mismatch
from mailfault.scenario.model import Expect

ACTIONS = {"deliver": Outcome.DELIVERED, "defer": Outcome.DEFERRED, "fail": Outcome.FAILED}


def mismatch(expect: Expect, diagnosis: Diagnosis, answer: Answer, code_map: CodeMap) -> str | None:
    """Explain how the answer differs from what was expected and happened. Return None if it matches."""
    return (
        _outcome_mismatch(expect, diagnosis, answer)
        or _failure_mismatch(expect, diagnosis, answer, code_map)
        or host_mismatch(expect, diagnosis, answer)
    )


def status_line_conflict(diagnosis: Diagnosis, answer: Answer, code_map: CodeMap) -> str | None:
    """Explain how the client's own status line contradicts its outcome, failure or code. Return None if it does not.

    A line that starts with the remote's code is the remote's reply passed on, and is not checked.
    """
    line = answer.reply
    stated = status_line_outcome(line)
    if line is None or stated is None or (diagnosis.reply is not None and line.startswith(str(diagnosis.reply.code))):
        return None
    if stated is not answer.outcome:
        return f"the client says {answer.outcome} and gives {line!r}, which says {stated}"
    code = first_code(line)
    meant = code_map.failures_of(code) if code is not None else frozenset()
    claimed = claimed_failures(answer, code_map)
    if meant and claimed and not meant & claimed:
        return f"the client named {_either(claimed)} and gives {line!r}, which means {_either(meant)}"
    return None


def host_mismatch(expect: Expect, diagnosis: Diagnosis, answer: Answer) -> str | None:
    """Explain how the reported host differs from the one that failed. Return None if it matches.

    A client that passes on a reply has to report its host; otherwise the host may be left out.
    """
    if expect.failure is None or diagnosis.server is None:
        return None
    is_needed = expect.failure is Failure.REMOTE_REPLY and answer.said_by == "client"
    server = answer.server or Server()
    return _part_mismatch("name", server.name, diagnosis.server, _same_name, is_needed=is_needed) or _part_mismatch(
        "address", server.address, diagnosis.address, same_address, is_needed=is_needed
    )


def _part_mismatch(
    label: str, reported: str | None, actual: str | None, same: Callable[[str, str], bool], *, is_needed: bool
) -> str | None:
    if reported is None:
        return f"the client did not say which host answered: its {label} is missing" if is_needed else None
    if actual is not None and not same(reported, actual):
        return f"the client gave the host's {label} as {reported}, and it was {actual}"
    return None


def _same_name(name: str, other: str) -> bool:
    return name.lower().rstrip(".") == other.lower().rstrip(".")


def _outcome_mismatch(expect: Expect, diagnosis: Diagnosis, answer: Answer) -> str | None:
    due = ACTIONS[expect.action]
    if answer.outcome is due:
        return None
    if answer.outcome is Outcome.FAILED and (diagnosis.may_be_delivered or diagnosis.delivered):
        return "the client returns mail to its sender that may have been delivered"
    if answer.outcome is Outcome.DELIVERED and diagnosis.may_be_delivered:
        return "the client says delivered, though it never heard that the message was accepted"
    if due is Outcome.DEFERRED:
        return f"the client says {answer.outcome}, and the mail has to stay queued and be tried again"
    if due is Outcome.FAILED:
        return f"the client says {answer.outcome}, and the mail has to be returned at once"
    return f"the client says {answer.outcome}, and the mail was to be delivered"


def _failure_mismatch(expect: Expect, diagnosis: Diagnosis, answer: Answer, code_map: CodeMap) -> str | None:
    if expect.failure is None:
        return status_line_conflict(diagnosis, answer, code_map)
    if expect.failure is Failure.REMOTE_REPLY:
        return reply_mismatch(diagnosis, answer)
    claimed = claimed_failures(answer, code_map)
    if expect.failure in claimed:
        return _code_mismatch(expect, answer, code_map) or status_line_conflict(diagnosis, answer, code_map)
    due = format_failure(expect.failure, code_map, expect.code)
    if claimed:
        return f"the client named {_either(claimed)} where it was {due}"
    code = claimed_code(answer)
    if answer.failure is not None and code is not None:
        wrong = f"which does not mean that in code map {code_map.name}"
        return f"the client named {answer.failure} and gave {code}, {wrong}"
    if code is not None:
        return f"the client gave {code}, which stands for no failure in code map {code_map.name}, where it was {due}"
    return f"the client gave nothing that names the failure, where it was {due}"


def _either(failures: frozenset[Failure]) -> str:
    return " or ".join(sorted(failures))


def _code_mismatch(expect: Expect, answer: Answer, code_map: CodeMap) -> str | None:
    """Explain that the code means the right failure, but another kind of it, with another remedy.

    Return None if the code matches, or the code map does not have the expected one.
    """
    code = claimed_code(answer)
    if expect.code is None or code is None or expect.failure not in code_map.failures_of(expect.code):
        return None
    if same_code(code, expect.code):
        return None
    return f"the client gave {code} where it was {expect.code}"
