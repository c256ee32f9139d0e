"""Which failure an exception means: for smtplib, aiosmtplib, dnspython, ssl and socket.

Can be used on its own, in any program that sends mail:

>>> import smtplib
>>> from harness.classify import classify
>>> found = classify(smtplib.SMTPDataError(552, b"5.3.4 Message too big"))
>>> str(found.failure), str(found.reply), found.permanent
('remote-reply', '552 5.3.4 Message too big', True)

What the same exception means often depends on how far the session had got: a time-out while connecting is
`connection-timed-out`, one in the middle of a conversation is `connection-closed`. Libraries seldom keep that, so pass it
as `stage`: "lookup", "connect", "greeting", "ehlo", "starttls" (the command), "tls" (its handshake), "mail", "rcpt", "data",
"message", "end-of-data". The libraries need not be installed.
"""

from collections.abc import Iterator

from harness.classify.aiosmtplib_errors import classify_aiosmtplib
from harness.classify.classified import Classified, Weighed
from harness.classify.dnspython_errors import classify_dnspython
from harness.classify.smtplib_errors import classify_smtplib
from harness.classify.socket_errors import classify_socket
from harness.classify.ssl_errors import classify_ssl

__all__ = ["Classified", "classify"]

_LIBRARIES = (classify_smtplib, classify_aiosmtplib, classify_dnspython, classify_ssl, classify_socket)
"""Asked in this order: smtplib's and ssl's exceptions are OSErrors too."""


def classify(error: BaseException, *, stage: str | None = None) -> Classified | None:
    """The failure that an exception means, or None where it is of none of the known kinds.

    Causes are looked into: an "unexpectedly closed" that was raised from a time-out is a time-out. The exception that
    says most decides; among equals the outermost.
    """
    found = [weighed for one in _chain(error) if (weighed := _classify_one(one, stage)) is not None]
    if not found:
        return None
    return max(found, key=lambda weighed: weighed[1])[0]


def _classify_one(error: BaseException, stage: str | None) -> Weighed | None:
    for library in _LIBRARIES:
        found = library(error, stage)
        if found is not None:
            return found
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and what it came from, outermost first."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ if one.__cause__ is not None or one.__suppress_context__ else one.__context__
