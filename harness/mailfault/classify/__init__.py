"""Which failure an exception means: for smtplib, aiosmtplib, dnspython, ssl and socket.

Can be used on its own, in any program that sends mail:

>>> import smtplib
>>> from mailfault.classify import classify
>>> found = classify(smtplib.SMTPDataError(552, b"5.3.4 Message too big"))
>>> str(found.failure), str(found.reply), found.permanent
('remote-reply', '552 5.3.4 Message too big', True)

What the same exception means often depends on how far the session had got: a time-out while connecting is
`connection-timed-out`, one in the middle of a conversation is `connection-closed`. Where smtplib or aiosmtplib raised
it, the traceback tells. Otherwise, or to be sure, pass it as `stage`: "lookup", "connect", "greeting", "ehlo",
"starttls" (the command), "tls" (its handshake), "mail", "rcpt", "data", "message", "end-of-data".

>>> str(classify(TimeoutError("timed out")).failure), str(classify(TimeoutError("timed out"), stage="mail").failure)
('connection-timed-out', 'connection-closed')

aiosmtplib and dnspython need not be installed. None is returned for an exception that says nothing about a delivery.
"""

import difflib

from mailfault.classify import aiosmtplib_errors, smtplib_errors
from mailfault.classify.aiosmtplib_errors import classify_aiosmtplib
from mailfault.classify.classified import CONNECT, LOOKUP, TLS, Classified, Weighed, Weight
from mailfault.classify.dnspython_errors import classify_dnspython
from mailfault.classify.smtplib_errors import classify_smtplib
from mailfault.classify.socket_errors import classify_socket
from mailfault.classify.ssl_errors import classify_ssl
from mailfault.classify.stage_told import stage_told
from mailfault_servers.smtp.reply import Stage

__all__ = ["Classified", "classify"]

_LIBRARIES = (classify_smtplib, classify_aiosmtplib, classify_dnspython, classify_ssl, classify_socket)
"""Asked in this order: smtplib's and ssl's exceptions are OSErrors too."""
_STAGES = (LOOKUP, CONNECT, TLS, *Stage)


def classify(error: BaseException, *, stage: str | None = None) -> Classified | None:
    """The failure that an exception means, or None where it is of none of the known kinds.

    Causes (`raise ... from`) are looked into, and the exception that says most decides: a "connect error" raised from
    an expired certificate is the certificate. Among equals the outermost decides, and of several hosts' (an exception
    group) the last. An exception that merely was being handled at the time counts only where all that came after it
    is vague: it may belong to the host before. Raises ValueError for a stage that there is not.
    """
    if stage is not None and stage not in _STAGES:
        near = difflib.get_close_matches(stage, _STAGES, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise ValueError(f"there is no stage {stage!r}; {hint}known are {', '.join(_STAGES)}")
    found = _weigh(error, stage, set())
    return found[0] if found is not None else None


def _weigh(error: BaseException, stage: str | None, seen: set[int]) -> Weighed | None:
    """What the exception and all that it came from mean. `seen` guards against circles."""
    best: Weighed | None = None
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        here = stage_told(one, stage)
        found = _weigh_group(one, here, seen) if isinstance(one, BaseExceptionGroup) else _weigh_one(one, here)
        if found is not None and (best is None or found[1] > best[1]):
            best = found
        if here is None and (smtplib_errors.has_begun(one) or aiosmtplib_errors.has_begun(one)):
            here = Stage.OTHER
        if here != Stage.QUIT:  # QUIT is said on top of an exception too, of whatever stage
            stage = here
        if one.__cause__ is not None:
            one = one.__cause__
        elif one.__suppress_context__ or (best is not None and best[1] > Weight.VAGUE):
            one = None
        else:
            one = one.__context__
    return best


def _weigh_one(error: BaseException, stage: str | None) -> Weighed | None:
    for library in _LIBRARIES:
        found = library(error, stage)
        if found is not None:
            return found
    return None


def _weigh_group(group: BaseExceptionGroup[BaseException], stage: str | None, seen: set[int]) -> Weighed | None:
    for one in reversed(group.exceptions):
        found = _weigh(one, stage, seen)
        if found is not None:
            return found
    return None
