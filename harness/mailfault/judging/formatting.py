"""The three voices, each in few words."""

import re

from mailfault.codes.failure import Failure
from mailfault.codes.profile import Profile
from mailfault.contract import Answer
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault.scenario.model import Expect


def spell_failure(failure: Failure, profile: Profile, code: str | None = None) -> str:
    """ "450 4.4.316 connection-refused"; with `code` in place of the profile's own where the profile has it too."""
    if failure is Failure.REMOTE_REPLY:
        return str(failure)
    basic, enhanced = profile.status(failure, code).split()[:2]
    return f"{basic} {enhanced} {failure}"


def spell_expected(expect: Expect, profile: Profile) -> str:
    if expect.failure is None:
        return "delivered"
    if expect.reply is not None:
        return expect.reply
    return spell_failure(expect.failure, profile, expect.code)


def spell_happened(diagnosis: Diagnosis, profile: Profile) -> str:
    if diagnosis.delivered:
        return "delivered"
    if diagnosis.failure is None:
        return "nothing"
    if diagnosis.failure is Failure.REMOTE_REPLY and diagnosis.reply is not None:
        return str(diagnosis.reply)
    return spell_failure(diagnosis.failure, profile, diagnosis.code)


def spell_said(answer: Answer, profile: Profile) -> str:
    """Outcome, and what the client gave for its reason: its own status line, its code, or its words."""
    if answer.reply is not None:
        reason = answer.reply
    elif answer.code is not None:
        reason = answer.code
    elif answer.failure is not None and answer.failure is not Failure.REMOTE_REPLY:
        reason = spell_failure(answer.failure, profile, _first_code(answer.text))
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
