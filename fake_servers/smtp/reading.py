"""What a strict reader makes of the bytes that stand for a reply (RFC 5321 4.2). Pure."""

import re
from enum import StrEnum

_LINE = re.compile(rb"([2-5]\d\d)(?:([ -])[^\n]*)?")


class Flaw(StrEnum):
    """What is wrong with the form of a reply."""

    NONE = ""
    UNFINISHED = "it does not end"
    """The last line is missing, or its CRLF: more has to be waited for."""
    NO_REPLY = "it is no reply"
    BLANK_LINE = "it begins with a blank line"
    CODES_DIFFER = "its lines bear different codes"
    MORE_BEHIND = "a second reply stands behind it"
    BARE_LINE_FEED = "its lines end with LF alone"


def flaw_of(data: bytes) -> Flaw:
    """The worst flaw in the form of what was sent as one reply. What its text says is not looked at."""
    lines = data.split(b"\n")
    rest = lines.pop()
    if not lines:
        return Flaw.UNFINISHED
    if not lines[0].strip():
        return Flaw.BLANK_LINE
    code = lines[0][:3]
    for number, line in enumerate(lines, start=1):
        found = _LINE.fullmatch(line.rstrip(b"\r"))
        if found is None:
            return Flaw.NO_REPLY
        if found[1] != code:
            return Flaw.CODES_DIFFER
        if found[2] != b"-":
            behind = lines[number:] or rest
            ends = all(one.endswith(b"\r") for one in lines[:number])
            return Flaw.MORE_BEHIND if behind else Flaw.NONE if ends else Flaw.BARE_LINE_FEED
    return Flaw.UNFINISHED
