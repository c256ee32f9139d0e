"""Escapes in the logs of Exim and Sendmail."""

import re

_ESCAPE = re.compile(r"\\([0-3][0-7]{2}|[nrt])")
_NAMED = {"n": "\n", "r": "\r", "t": "\t"}


def unescape_log(logged: str) -> str:
    r"""Undo Exim's string_printing() (src/string.c) and Sendmail's sm_syslog(), which write "\303\244" for "ä"."""
    octets = _ESCAPE.sub(lambda escape: _NAMED.get(escape[1]) or chr(int(escape[1], 8)), logged)
    return octets.encode("latin-1", "replace").decode("utf-8", "backslashreplace")
