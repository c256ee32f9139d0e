"""Text as it was before a log escaped what does not print."""

import re

_ESCAPE = re.compile(r"\\([0-3][0-7]{2}|[nrt])")
_NAMED = {"n": "\n", "r": "\r", "t": "\t"}


def unescaped(logged: str) -> str:
    r"""Exim (string_printing(), src/string.c) and Sendmail (sm_syslog()) write "\303\244" for "ä"."""
    octets = _ESCAPE.sub(lambda one: _NAMED.get(one[1]) or chr(int(one[1], 8)), logged)
    return octets.encode("latin-1", "replace").decode("utf-8", "backslashreplace")
