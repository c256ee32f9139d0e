"""Exceptions of aiosmtplib, known by the names of their classes: it need not be installed."""

from fake_servers.smtp.reply import Stage
from harness.classify.classified import (
    BEFORE_MAIL,
    CONNECT,
    Classified,
    Weighed,
    Weight,
    of_break,
    of_reply,
    of_silence,
    reply_of,
)
from harness.classify.recipients import of_refused_recipients
from harness.codes.failure import Failure

_STAGE_OF = {
    "SMTPConnectResponseError": Stage.GREETING,
    "SMTPHeloError": Stage.EHLO,
    "SMTPSenderRefused": Stage.MAIL,
    "SMTPAuthenticationError": Stage.MAIL,
}
"""The stage that the exception's kind itself tells."""


def classify_aiosmtplib(error: BaseException, stage: str | None) -> Weighed | None:
    kinds = [kind.__name__ for kind in type(error).__mro__ if kind.__module__.partition(".")[0] == "aiosmtplib"]
    if not kinds:
        return None
    text = str(error) or type(error).__name__
    if "SMTPRecipientsRefused" in kinds:
        refused = getattr(error, "recipients", [])
        return of_refused_recipients([(one.code, one.message) for one in refused], text)
    if "SMTPResponseException" in kinds:
        known = next((_STAGE_OF[kind] for kind in kinds if kind in _STAGE_OF), None)
        reply = reply_of(getattr(error, "code", ""), getattr(error, "message", ""))
        return of_reply(reply, known or stage, text)
    if "SMTPConnectTimeoutError" in kinds:
        return of_silence(CONNECT, text)
    if "SMTPTimeoutError" in kinds:
        return of_silence(stage, text)
    if "SMTPServerDisconnected" in kinds:
        return of_break(stage, text, Weight.VAGUE)
    if "SMTPNotSupported" in kinds:
        permanent = "STARTTLS" not in text.upper()
        failure = Failure.REMOTE_REPLY if permanent else Failure.CANNOT_CONNECT
        return Classified(failure=failure, permanent=permanent, text=text), Weight.DECISIVE
    early = stage is None or stage in BEFORE_MAIL
    failure = Failure.CANNOT_CONNECT if early else Failure.CONNECTION_CLOSED
    return Classified(failure=failure, text=text), Weight.VAGUE
