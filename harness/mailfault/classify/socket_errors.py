"""Exceptions of sockets and of asyncio's streams, by their errno."""

import errno
import re
import socket

from mailfault.classify.classified import (
    CONNECT,
    LOOKUP,
    TLS,
    Classified,
    Weighed,
    Weight,
    classify_disconnect,
    classify_timeout,
)
from mailfault.codes.failure import Failure
from mailfault_servers.smtp.reply import Stage

_UNREACHABLE = frozenset(
    {
        errno.EHOSTUNREACH,
        errno.ENETUNREACH,
        errno.EHOSTDOWN,
        errno.ENETDOWN,
        errno.EADDRNOTAVAIL,
        errno.EACCES,
        errno.EPERM,
    }
)
"""No route to the host. Linux turns ICMPv6 "administratively prohibited" into EACCES."""
_BROKEN = frozenset({errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE, errno.ENOTCONN, errno.ESHUTDOWN, errno.EBADF})
_ERRNO = re.compile(r"\[Errno (\d+)\]")


def classify_socket(error: BaseException, stage: str | None) -> Weighed | None:
    """Classify an OSError of the network, or asyncio's IncompleteReadError. Return None for all others (files too)."""
    text = str(error) or type(error).__name__
    if type(error).__name__ == "IncompleteReadError":
        return classify_disconnect(stage, text, Weight.EXACT)
    if not isinstance(error, OSError) or error.filename is not None:
        return None
    if isinstance(error, socket.gaierror | socket.herror):
        return Classified(failure=Failure.DNS_QUERY_FAILED, text=text), Weight.EXACT
    if isinstance(error, TimeoutError):
        return classify_timeout(_timeout_stage(text, stage), text)
    if stage == LOOKUP and (isinstance(error, ConnectionError) or error.errno in _BROKEN | _UNREACHABLE):
        return Classified(failure=Failure.DNS_QUERY_FAILED, text=text), Weight.EXACT
    if isinstance(error, ConnectionRefusedError):
        return Classified(failure=Failure.CONNECTION_REFUSED, text=text), Weight.EXACT
    if isinstance(error, ConnectionError) or error.errno in _BROKEN:
        if "handshake is taking longer" in text:  # asyncio's text for a handshake that timed out
            return classify_timeout(TLS, text)
        return classify_disconnect(stage, text, Weight.EXACT)
    if error.errno in _UNREACHABLE:
        if stage in (None, CONNECT):
            return Classified(failure=Failure.CANNOT_CONNECT, text=text), Weight.EXACT
        return classify_disconnect(stage, text, Weight.EXACT)
    return _of_several(text, stage)


def _timeout_stage(text: str, stage: str | None) -> str | None:
    """Return the stage, read from the ssl module's text if it is not known."""
    if stage is not None:
        return stage
    if "handshake operation" in text:
        return TLS
    return Stage.OTHER if "read operation" in text or "write operation" in text else None


def _of_several(text: str, stage: str | None) -> Weighed | None:
    """Classify the last of several errors: asyncio joins those of a host's addresses in the text of one OSError."""
    if not text.startswith("Multiple exceptions: ") or not (found := _ERRNO.findall(text)):
        return None
    return classify_socket(OSError(int(found[-1]), text), stage)
