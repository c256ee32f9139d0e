"""Replies changed by middleboxes: pure functions from the bytes of a reply to the bytes that get through."""

import re

_EHLO_LINE = re.compile(rb"250([- ])(\S+)(.*)\r\n")
KEPT_KEYWORDS = frozenset({"SIZE", "8BITMIME", "HELP"})
"""Keywords that the firewall knows and lets through (Cisco documents 113423 and 118550)."""


def without_keyword(reply: bytes, keyword: str) -> bytes:
    """Remove the line of a keyword from an EHLO reply (RFC 5321 4.1.1.1); its last line stays marked as the last."""
    lines = reply.splitlines(keepends=True)
    wanted = keyword.upper().encode()
    kept = [line for n, line in enumerate(lines) if n == 0 or _keyword(line) != wanted]
    return b"".join(_as_last(line) if n == len(kept) - 1 else line for n, line in enumerate(kept))


def masked_keywords(reply: bytes) -> bytes:
    """Replace each unknown keyword of an EHLO reply by X's with a final A, of the same length."""
    lines = reply.splitlines(keepends=True)
    return b"".join([*lines[:1], *(_masked_line(line) for line in lines[1:])])


def masked_text(reply: bytes) -> bytes:
    """Replace the text of a one-line reply by asterisks, of the same length."""
    code, text = reply[:4], reply[4:].rstrip(b"\r\n")
    return code + b"*" * len(text) + b"\r\n"


def with_size(reply: bytes, limit: int) -> bytes:
    """Change the SIZE that an EHLO reply announces (RFC 1870 3)."""
    return re.sub(rb"(?m)^(250[- ]SIZE) \d+", rb"\1 %d" % limit, reply)


def _keyword(line: bytes) -> bytes:
    found = _EHLO_LINE.fullmatch(line)
    return found[2].upper() if found else b""


def _masked_line(line: bytes) -> bytes:
    found = _EHLO_LINE.fullmatch(line)
    if found is None or found[2].decode("ascii", "replace").upper() in KEPT_KEYWORDS:
        return line
    return b"250" + found[1] + b"X" * (len(found[2]) - 1) + b"A\r\n"


def _as_last(line: bytes) -> bytes:
    return line[:3] + b" " + line[4:]
