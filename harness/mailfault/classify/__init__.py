"""Classify exceptions of smtplib, aiosmtplib, dnspython, ssl and socket as failures.

Usable on its own, in any program that sends mail:

>>> import smtplib
>>> from mailfault.classify import classify
>>> found = classify(smtplib.SMTPDataError(552, b"5.3.4 Message too big"))
>>> str(found.failure), str(found.reply), found.permanent
('remote-reply', '552 5.3.4 Message too big', True)

An exception's meaning often depends on the stage of the session: a time-out while connecting is
`connection-timed-out`, a later one is `connection-closed`. If smtplib or aiosmtplib raised it, the stage is read from
the traceback. Otherwise, or to be sure, pass `stage`: "lookup", "connect", "greeting", "ehlo", "starttls" (the
command), "tls" (its handshake), "mail", "rcpt", "data", "message", "end-of-data".

>>> str(classify(TimeoutError("timed out")).failure), str(classify(TimeoutError("timed out"), stage="mail").failure)
('connection-timed-out', 'connection-closed')

aiosmtplib and dnspython need not be installed. The result is None for an exception that says
nothing about a delivery.
"""

import difflib
from dataclasses import replace

from mailfault.classify import aiosmtplib_errors, smtplib_errors
from mailfault.classify.aiosmtplib_errors import classify_aiosmtplib
from mailfault.classify.classified import CONNECT, LOOKUP, TLS, Classified, Weighed, Weight, is_final_refusal
from mailfault.classify.dnspython_errors import classify_dnspython
from mailfault.classify.smtplib_errors import classify_smtplib
from mailfault.classify.socket_errors import classify_socket
from mailfault.classify.ssl_errors import classify_ssl
from mailfault.classify.traceback_stage import traceback_stage
from mailfault_servers.smtp.reply import Stage

__all__ = ["Classified", "classify"]

_LIBRARIES = (classify_smtplib, classify_aiosmtplib, classify_dnspython, classify_ssl, classify_socket)
"""In this order, because smtplib's and ssl's exceptions are OSErrors too."""
_STAGES = (LOOKUP, CONNECT, TLS, *Stage)


def classify(error: BaseException, *, stage: str | None = None, others_taken: bool = False) -> Classified | None:
    """Return the failure that an exception means, or None if no known library raised it.

    Causes (`raise ... from`) count too, and the most specific exception decides: a "connect error" raised from an
    expired certificate means the certificate. Among equals the outermost decides, and in an exception group (several
    hosts) the last. An exception that was only being handled at the time may belong to the previous host: it counts if
    all later ones are vague. Raises ValueError for an unknown stage.

    `others_taken`: the exception is the refusal of one recipient, and the host took another one before it in the same
    transaction. A 552 is then temporary (RFC 5321 4.5.3.1.10).
    """
    if stage is not None and stage not in _STAGES:
        near = difflib.get_close_matches(stage, _STAGES, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise ValueError(f"there is no stage {stage!r}; {hint}known are {', '.join(_STAGES)}")
    found = _weigh(error, stage, set())
    if found is None:
        return None
    meaning, _ = found
    if others_taken and meaning.reply is not None and stage in (None, Stage.RCPT):
        return replace(meaning, permanent=meaning.permanent and is_final_refusal(meaning.reply, others_taken=True))
    return meaning


def _weigh(error: BaseException, stage: str | None, seen: set[int]) -> Weighed | None:
    """Return the meaning of the most specific exception in a chain. `seen` guards against circles."""
    best: Weighed | None = None
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        here = traceback_stage(link, stage)
        found = _weigh_group(link, here, seen) if isinstance(link, BaseExceptionGroup) else _weigh_link(link, here)
        if found is not None and (best is None or found[1] > best[1]):
            best = found
        if here is None and (smtplib_errors.has_begun(link) or aiosmtplib_errors.has_begun(link)):
            here = Stage.OTHER
        if here != Stage.QUIT:  # a library sends QUIT while it handles an exception of any stage
            stage = here
        link = _next_link(link, best)
    return best


def _next_link(link: BaseException, best: Weighed | None) -> BaseException | None:
    """Return the cause, or else the exception that was being handled if nothing specific was found after it."""
    if link.__cause__ is not None:
        return link.__cause__
    if link.__suppress_context__ or (best is not None and best[1] > Weight.VAGUE):
        return None
    return link.__context__


def _weigh_link(error: BaseException, stage: str | None) -> Weighed | None:
    for library in _LIBRARIES:
        found = library(error, stage)
        if found is not None:
            return found
    return None


def _weigh_group(group: BaseExceptionGroup[BaseException], stage: str | None, seen: set[int]) -> Weighed | None:
    for error in reversed(group.exceptions):
        found = _weigh(error, stage, seen)
        if found is not None:
            return found
    return None
