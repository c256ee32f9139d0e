"""Whether an answer names what was expected: failure, fate of the mail, the remote's words and host."""

import re

from mailfault.codes.failure import Failure
from mailfault.codes.profile import Profile
from mailfault.contract import Answer, Outcome
from mailfault.diagnosis.addresses import same_address
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault.judging.formatting import spell_failure
from mailfault.scenario.model import Expect
from mailfault_servers.smtp.reply import SmtpReply

DELIVERED = "delivered"
"""Stands among the failures for that there was none."""
ACTIONS = {"deliver": Outcome.DELIVERED, "defer": Outcome.DEFERRED, "fail": Outcome.FAILED}
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\d|\.\d)")
_STATUS_LINE = re.compile(r"([245])\d\d(?:[ -]|$)")
_CLASSES = {"2": Outcome.DELIVERED, "4": Outcome.DEFERRED, "5": Outcome.FAILED}


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
    if answer.also and answer.failure is not None:
        return frozenset({answer.failure, *answer.also})
    if answer.failure is Failure.REMOTE_REPLY:
        return frozenset({Failure.REMOTE_REPLY})
    if answer.failure is None:
        return profile.failures_of(code) if code is not None else frozenset()
    if answer.code is not None and answer.failure not in profile.failures_of(answer.code):
        return frozenset()
    return frozenset({answer.failure})


def named_by(answer: Answer, profile: Profile) -> tuple[str, ...]:
    """What the answer stands for, as words: "delivered", the failures that it may mean, or "remote-reply" where it
    only passes on a status line. Empty where it names nothing."""
    if answer.outcome is Outcome.DELIVERED:
        return (DELIVERED,)
    if claimed := claimed_failures(answer, profile):
        return tuple(sorted(claimed))
    passes_on = answer.failure is None and answer.reply is not None and _STATUS_LINE.match(answer.reply) is not None
    return (str(Failure.REMOTE_REPLY),) if passes_on else ()


def own_line_contradicts(diagnosis: Diagnosis, answer: Answer, profile: Profile) -> str | None:
    """Where a status line of the client's own says other than its outcome, failure or code; None: nowhere.

    A line that passes on what the remote said is the remote's.
    """
    line = answer.reply
    found = _STATUS_LINE.match(line) if line is not None else None
    if line is None or found is None or (diagnosis.reply is not None and line.startswith(str(diagnosis.reply.code))):
        return None
    if _CLASSES[found[1]] is not answer.outcome:
        return f"the client says {answer.outcome} and gives {line!r}, which says {_CLASSES[found[1]]}"
    code = _ENHANCED.search(line)
    meant = profile.failures_of(code[1]) if code is not None else frozenset()
    claimed = claimed_failures(answer, profile)
    if meant and claimed and not meant & claimed:
        named, means = " or ".join(sorted(claimed)), " or ".join(sorted(meant))
        return f"the client named {named} and gives {line!r}, which means {means}"
    return None


def same_words(one: str, other: str) -> bool:
    """Whether two spellings of a reply are the same but for blanks and line ends."""
    return " ".join(one.split()) == " ".join(other.split())


def why_wrong(expect: Expect, diagnosis: Diagnosis, answer: Answer, profile: Profile) -> str | None:
    """Where the answer parts from what was expected (and happened), as a sentence; None: nowhere."""
    return (
        _wrong_outcome(expect, diagnosis, answer)
        or _wrong_failure(expect, diagnosis, answer, profile)
        or wrong_host(expect, diagnosis, answer)
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
        return own_line_contradicts(diagnosis, answer, profile)
    if expect.failure is Failure.REMOTE_REPLY:
        return _wrong_words(diagnosis, answer, profile)
    claimed = claimed_failures(answer, profile)
    if expect.failure in claimed:
        return _wrong_code(expect, answer, profile) or own_line_contradicts(diagnosis, answer, profile)
    due = spell_failure(expect.failure, profile, expect.code)
    if claimed:
        named = " or ".join(sorted(claimed))
        return f"the client named {named} where it was {due}"
    code = claimed_code(answer)
    if answer.failure is not None and code is not None:
        return f"the client named {answer.failure} and gave {code}, which does not mean that in profile {profile.name}"
    if code is not None:
        return f"the client gave {code}, which stands for no failure in profile {profile.name}, where it was {due}"
    return f"the client gave nothing that names the failure, where it was {due}"


def _wrong_code(expect: Expect, answer: Answer, profile: Profile) -> str | None:
    """Where a failure has several codes, each with another remedy, the code that was given has to be the right one.

    Only a profile that has the expected code can ask for it.
    """
    code = claimed_code(answer)
    if expect.code is None or code is None or expect.failure not in profile.failures_of(expect.code):
        return None
    if same_code(code, expect.code):
        return None
    return f"the client gave {code} where it was {expect.code}"


def same_code(one: str, other: str) -> bool:
    """Whether two enhanced codes are the same but for their class (4 while it is queued, 5 once it is given up)."""
    return one.partition(".")[2] == other.partition(".")[2]


def _wrong_words(diagnosis: Diagnosis, answer: Answer, profile: Profile) -> str | None:
    """Of a remote reply code and words have to be passed on as they were said."""
    remote = diagnosis.reply
    if remote is None:
        return None
    if answer.failure not in (None, Failure.REMOTE_REPLY):
        return f"the client named {answer.failure} where the host had answered {str(remote)!r}"
    said = " ".join(f"{answer.reply or ''} {answer.text or ''}".split())
    words = " ".join(remote.text.split())
    for what, code in (("code", str(remote.code)), ("enhanced code", remote.enhanced)):
        if code is not None and not re.search(rf"(?<![\d.]){re.escape(code)}(?!\d|\.\d)", said):
            return f"the client did not pass on the host's own {what}, {code!r}"
    if words not in said and words not in _without_codes(said, remote):
        return f"the client did not pass on the host's own words, {words!r}"
    if remote.enhanced is not None and answer.code not in (None, remote.enhanced):
        return f"the client gave {answer.code} where the host had said {remote.enhanced}"
    return None


def _without_codes(said: str, remote: SmtpReply) -> str:
    """Words without the codes that stand before each line of a reply, where it was passed on as it came."""
    enhanced = rf"(?:{re.escape(remote.enhanced)} )?" if remote.enhanced is not None else ""
    return " ".join(re.sub(rf"(?<!\S){remote.code}[- ]{enhanced}", "", said).split())


def wrong_host(expect: Expect, diagnosis: Diagnosis, answer: Answer) -> str | None:
    """Where the answer speaks of another host than it happened at, or of none where it has to; None: nowhere."""
    if expect.failure is None or diagnosis.server is None:
        return None
    given = answer.server
    pairs = (
        ("name", given.name if given is not None else None, diagnosis.server, _same_name),
        ("address", given.address if given is not None else None, diagnosis.address, same_address),
    )
    for what, said, happened, same in pairs:
        if said is None:
            if expect.failure is Failure.REMOTE_REPLY and answer.said_by == "client":
                return f"the client did not say which host answered: its {what} is missing"
        elif happened is not None and not same(said, happened):
            return f"the client gave the host's {what} as {said}, and it was {happened}"
    return None


def _same_name(one: str, other: str) -> bool:
    return one.lower().rstrip(".") == other.lower().rstrip(".")
