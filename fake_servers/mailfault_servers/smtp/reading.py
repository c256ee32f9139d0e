"""The form of SMTP replies, as a strict reader sees it (RFC 5321 4.2). Pure."""

import re
from collections.abc import Sequence
from enum import StrEnum

LONGEST_LINE = 512
"""Octets in a line of a reply, with its CRLF (RFC 5321 4.5.3.1.5)."""
_LINE = re.compile(rb"([2-5]\d\d)(?:([ -])[^\n]*)?")


class Flaw(StrEnum):
    """A violation of the form of a reply."""

    NONE = ""
    UNFINISHED = "it does not end"
    """The last line or its CRLF is missing: a client has to wait for more."""
    NO_REPLY = "it is no reply"
    BLANK_LINE = "it begins with a blank line"
    CODES_DIFFER = "its lines bear different codes"
    MORE_BEHIND = "a second reply stands behind it"
    LINE_TOO_LONG = "one of its lines is too long"
    BARE_LINE_FEED = "its lines end with LF alone"


def flaw_of(data: bytes) -> Flaw:
    """Return the worst flaw in the form of what was sent as one reply. Its text does not matter."""
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
            return Flaw.MORE_BEHIND if lines[number:] or rest else _flaw_of_lines(lines)
    return Flaw.UNFINISHED


def first_reply(text: str) -> str:
    """Return the first of several replies, whose lines are joined by newlines."""
    lines = text.split("\n")
    last = next((number for number, line in enumerate(lines, start=1) if line[3:4] != "-"), len(lines))
    return "\n".join(lines[:last])


def _flaw_of_lines(lines: Sequence[bytes]) -> Flaw:
    if any(len(line) + 1 > LONGEST_LINE for line in lines):
        return Flaw.LINE_TOO_LONG
    return Flaw.NONE if all(line.endswith(b"\r") for line in lines) else Flaw.BARE_LINE_FEED
