"""Exceptions of sockets, by their errno."""

import errno
import socket

from harness.classify.classified import CONNECT, LOOKUP, Classified, Weighed, Weight, of_break, of_silence
from harness.codes.failure import Failure

_UNREACHABLE = frozenset(
    {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EACCES, errno.EPERM}
)  # fmt: skip
"""No way to the host. EACCES is what Linux makes of ICMPv6 "administratively prohibited"."""
_BROKEN = frozenset({errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE, errno.ENOTCONN, errno.ESHUTDOWN, errno.EBADF})


def classify_socket(error: BaseException, stage: str | None) -> Weighed | None:
    text = str(error) or type(error).__name__
    if isinstance(error, socket.gaierror | socket.herror):
        return Classified(failure=Failure.DNS_QUERY_FAILED, text=text), Weight.EXACT
    if isinstance(error, TimeoutError):
        return of_silence(stage, text)
    if isinstance(error, EOFError):  # asyncio.IncompleteReadError
        return of_break(stage, text, Weight.EXACT)
    if not isinstance(error, OSError):
        return None
    if isinstance(error, ConnectionRefusedError):
        if stage == LOOKUP:
            return Classified(failure=Failure.DNS_QUERY_FAILED, text=text), Weight.EXACT
        return Classified(failure=Failure.CONNECTION_REFUSED, text=text), Weight.EXACT
    if isinstance(error, ConnectionError) or error.errno in _BROKEN:
        return of_break(stage, text, Weight.EXACT)
    if error.errno in _UNREACHABLE and stage in (None, CONNECT):
        return Classified(failure=Failure.CANNOT_CONNECT, text=text), Weight.EXACT
    return None
