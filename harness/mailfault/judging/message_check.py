"""Compare the message that a server accepted with the one that the client was given. Pure.

RFC 5321 2.3.1, 4.5.2: a client transmits header and body as they are, dots stuffed. It may add trace fields (RFC 5321
4.4) and other header fields, and encode a body that the host cannot take (RFC 6152 3).
"""

import email
import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from email import policy
from itertools import zip_longest

from mailfault.diagnosis.diagnosis import Acceptance

_SINGLE = frozenset(
    ("date", "from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "in-reply-to", "references", "subject")
) | {"mime-version", "content-type", "content-transfer-encoding"}
"""Fields that a header has at most once (RFC 5322 3.6, RFC 2045 3)."""
_REMOVABLE = frozenset({"bcc", "resent-bcc", "return-path"})
"""Fields that a client may leave out (RFC 5322 3.6.3, RFC 5321 4.4)."""
_ENCODING = "content-transfer-encoding"
_SHOWN = 100
"""Octets of a line that are quoted."""
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenMessage:
    """The message that a client was to deliver."""

    content: bytes
    is_composed: bool = False
    """True if the client declares that it composes the message itself, from the parts of the given one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    fields: tuple[tuple[str, str], ...]
    """Names in lower case, values unfolded (RFC 5322 2.2.3)."""
    body: bytes
    flaw: str | None = None
    """The first flaw in the form of the header."""


def alteration(given: GivenMessage, acceptance: Acceptance) -> str | None:
    """Explain how the accepted message differs from the given one. Return None if it does not, or nobody knows."""
    if acceptance.content is None or acceptance.digest == hashlib.sha256(given.content).hexdigest():
        return None
    received = acceptance.content.encode("latin-1")
    if given.is_composed:
        return _text_difference(given.content, received)
    due, found = _parse(given.content), _parse(received)
    if not due.body.isascii() and not acceptance.is_eight_bit:
        return _text_difference(given.content, received) or _header_difference(due, found, ignoring={_ENCODING})
    return _body_difference(due.body, found.body) or found.flaw or _header_difference(due, found)


def _parse(content: bytes) -> _Message:
    fields: list[tuple[bytes, bytes]] = []
    flaw: str | None = None
    lines = _lines(content)
    for number, line in enumerate(lines, start=1):
        if line in (b"\r\n", b"\n"):
            return _Message(fields=_unfolded(fields), body=b"".join(lines[number:]), flaw=flaw)
        if not line.endswith(b"\r\n"):
            flaw = flaw or f"line {number} of its header, {_quoted(line)}, does not end with CRLF"
        if line[:1] in (b" ", b"\t") and fields:
            name, value = fields[-1]
            fields[-1] = name, value + line
        elif (field := _FIELD.fullmatch(line)) is not None:
            fields.append((field[1], field[2]))
        else:
            flaw = flaw or f"line {number} of its header, {_quoted(line)}, is no header field"
    return _Message(fields=_unfolded(fields), body=b"", flaw=flaw)


def _unfolded(fields: Sequence[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1").lower(), " ".join(value.decode("latin-1").split())) for name, value in fields)


def _lines(content: bytes) -> list[bytes]:
    """Split at line feeds, and keep the line ends: a bare LF is part of what is compared."""
    return re.findall(rb"[^\n]*\n|[^\n]+", content)


def _body_difference(due: bytes, found: bytes) -> str | None:
    if due == found:
        return None
    differs = _line_difference("body", _lines(due), _lines(found))
    return f"{differs}; its body has {len(found)} octets in place of {len(due)}"


def _text_difference(due: bytes, found: bytes) -> str | None:
    """Compare the texts of two messages: decoded, with one kind of line end."""
    wanted, text = _text(due), _text(found)
    if wanted is None or wanted == text:
        return None
    if text is None:
        return "it has no text that can be read"
    differs = _line_difference("text", _lines(wanted.encode()), _lines(text.encode()))
    return f"{differs}; its text has {len(text)} characters in place of {len(wanted)}"


def _text(content: bytes) -> str | None:
    """Return the first text of a message, decoded, without empty lines at its end. Return None if it has none."""
    part = email.message_from_bytes(content, policy=policy.default).get_body(("plain", "html"))
    if part is None:
        return None
    try:
        text = str(part.get_content())
    except (LookupError, ValueError):
        return None
    return "\n".join(text.splitlines()).rstrip("\n") + "\n"


def _line_difference(part: str, due: Sequence[bytes], found: Sequence[bytes]) -> str:
    pairs = enumerate(zip_longest(due, found), start=1)
    number, (wanted, line) = next((number, pair) for number, pair in pairs if pair[0] != pair[1])
    if line is None:
        return f"line {number} of its {part} is missing, {_quoted(wanted)}"
    if wanted is None:
        return f"line {number} of its {part} is {_quoted(line)}, and the {part} was to end before it"
    start = max(0, _first_difference(wanted, line) - _SHOWN // 2)
    return f"line {number} of its {part} is {_quoted(line, start)} in place of {_quoted(wanted, start)}"


def _first_difference(one: bytes, other: bytes) -> int:
    return next(position for position in range(len(one) + 1) if one[: position + 1] != other[: position + 1])


def _quoted(line: bytes, start: int = 0) -> str:
    if len(line) <= _SHOWN:
        return repr(line)[1:]
    shown = line[start : start + _SHOWN]
    return f"{'...' if start else ''}{repr(shown)[1:]}{'...' if start + _SHOWN < len(line) else ''}"


def _header_difference(
    due: _Message, found: _Message, *, ignoring: frozenset[str] | set[str] = frozenset()
) -> str | None:
    """Find a given field that is missing or has another value, or one that stands there too often."""
    rest = Counter(found.fields)
    names = Counter(name for name, _ in found.fields)
    for name, value in due.fields:
        if name in ignoring or (name in _REMOVABLE and not names[name]):
            continue
        if rest[name, value]:
            rest[name, value] -= 1
        elif not names[name]:
            return f"its header has no {_title(name)}, which was {value!r}"
        else:
            other = next(other for known, other in found.fields if known == name)
            return f"its {_title(name)} is {other!r} in place of {value!r}"
    given = Counter(name for name, _ in due.fields)
    twice = next((name for name in names if name in _SINGLE and names[name] > max(1, given[name])), None)
    return f"its header has {names[twice]} fields {_title(twice)}, and may have one" if twice is not None else None


def _title(name: str) -> str:
    return {"message-id": "Message-ID", "mime-version": "MIME-Version"}.get(name, name.title())
