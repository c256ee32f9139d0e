"""Whether an answer names what was expected: failure, fate of the mail, the remote's words and host."""

import re

from harness.codes.failure import Failure
from harness.codes.profile import Profile
from harness.contract import Answer, Outcome
from harness.judging.diagnosis import Diagnosis
from harness.judging.spelling import spell_failure
from harness.scenario.model import Expect

ACTIONS = {"deliver": Outcome.DELIVERED, "defer": Outcome.DEFERRED, "fail": Outcome.FAILED}
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")


def claimed_code(answer: Answer) -> str | None:
    """The enhanced code that the answer gives, or else the first that its status line or words contain."""
    if answer.code is not None:
        return answer.code
    for words in (answer.reply, answer.text):
        if words and (found := _ENHANCED.search(words)):
            return found[1]
    return None


def claimed_failures(answer: Answer, profile: Profile) -> frozenset[Failure]:
    """The failures that the answer may mean; empty where it names none, or contradicts itself."""
    code = claimed_code(answer)
    if answer.failure is Failure.REMOTE_REPLY:
        return frozenset({Failure.REMOTE_REPLY})
    if answer.failure is None:
        return profile.failures_of(code) if code is not None else frozenset()
    if answer.code is not None and answer.failure not in profile.failures_of(answer.code):
        return frozenset()
    return frozenset({answer.failure})


def why_wrong(expect: Expect, diagnosis: Diagnosis, answer: Answer, profile: Profile) -> str | None:
    """Where the answer parts from what was expected (and happened), as a sentence; None: nowhere."""
    return (
        _wrong_outcome(expect, diagnosis, answer)
        or _wrong_failure(expect, diagnosis, answer, profile)
        or _wrong_host(expect, diagnosis, answer)
    )


def _wrong_outcome(expect: Expect, diagnosis: Diagnosis, answer: Answer) -> str | None:
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


def _wrong_failure(expect: Expect, diagnosis: Diagnosis, answer: Answer, profile: Profile) -> str | None:
    if expect.failure is None:
        return None
    if expect.failure is Failure.REMOTE_REPLY:
        return _wrong_words(diagnosis, answer, profile)
    claimed = claimed_failures(answer, profile)
    if expect.failure in claimed:
        return _contradicting_class(answer, diagnosis)
    due = spell_failure(expect.failure, profile)
    if claimed:
        named = " or ".join(sorted(claimed))
        return f"the client named {named} where it was {due}"
    code = claimed_code(answer)
    if answer.failure is not None and code is not None:
        return f"the client named {answer.failure} and gave {code}, which does not mean that in profile {profile.name}"
    if code is not None:
        return f"the client gave {code}, which stands for no failure in profile {profile.name}, where it was {due}"
    return f"the client gave nothing that names the failure, where it was {due}"


def _contradicting_class(answer: Answer, diagnosis: Diagnosis) -> str | None:
    """A status line of the client's own that says the opposite of its outcome; the remote's words are the remote's."""
    reply = answer.reply or ""
    if diagnosis.reply is not None and reply.startswith(str(diagnosis.reply.code)):
        return None
    if answer.outcome is Outcome.DEFERRED and reply.startswith("5"):
        return f"the client keeps the mail queued and gives {reply!r}, which says that it will never be delivered"
    return None


def _wrong_words(diagnosis: Diagnosis, answer: Answer, profile: Profile) -> str | None:
    """Of a remote reply code and words have to be passed on as they were said."""
    remote = diagnosis.reply
    if remote is None:
        return None
    if answer.failure not in (None, Failure.REMOTE_REPLY):
        return f"the client named {answer.failure} where the host had answered {str(remote)!r}"
    said = " ".join(f"{answer.reply or ''} {answer.text or ''}".split())
    parts = [("code", str(remote.code)), ("enhanced code", remote.enhanced or ""), ("words", remote.text)]
    for what, part in parts:
        if part and part not in said:
            return f"the client did not pass on the host's own {what}, {part!r}"
    if remote.enhanced is not None and answer.code not in (None, remote.enhanced):
        return f"the client gave {answer.code} where the host had said {remote.enhanced}"
    return None


def _wrong_host(expect: Expect, diagnosis: Diagnosis, answer: Answer) -> str | None:
    if expect.failure is None or diagnosis.server is None:
        return None
    given = answer.server
    pairs = (
        ("name", given.name if given is not None else None, diagnosis.server),
        ("address", given.address if given is not None else None, diagnosis.address),
    )
    for what, said, happened in pairs:
        if said is None:
            if expect.failure is Failure.REMOTE_REPLY and answer.said_by == "client":
                return f"the client did not say which host answered: its {what} is missing"
        elif happened is not None and said.lower().rstrip(".") != happened.lower():
            return f"the client gave the host's {what} as {said}, and it was {happened}"
    return None
