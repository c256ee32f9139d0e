"""Exceptions of aiosmtplib, recognised by class name: it need not be installed."""

from mailfault.classify.classified import (
    BEFORE_MAIL,
    CONNECT,
    Classified,
    Weighed,
    Weight,
    classify_disconnect,
    classify_missing_extension,
    classify_reply,
    classify_timeout,
    reply_of,
)
from mailfault.classify.recipients import classify_refused_recipients
from mailfault.codes.failure import Failure
from mailfault_servers.smtp.reply import Stage

_STAGE_OF = {
    "SMTPConnectResponseError": Stage.GREETING,
    "SMTPHeloError": Stage.EHLO,
    # A refused log-in says nothing about the message: Postfix too keeps it (smtp_sasl_auth_soft_bounce).
    "SMTPAuthenticationError": Stage.EHLO,
    "SMTPSenderRefused": Stage.MAIL,
    "SMTPRecipientRefused": Stage.RCPT,
    "SMTPDataError": Stage.DATA,
}
"""The stage that the exception's class implies."""
_END_OF_FILE = "Unexpected EOF received"


def classify_aiosmtplib(error: BaseException, stage: str | None) -> Weighed | None:
    """Classify an exception of aiosmtplib. Return None for all others."""
    kinds = _kinds(error)
    if not kinds:
        return None
    text = str(error) or type(error).__name__
    if "SMTPRecipientsRefused" in kinds:
        refused = getattr(error, "recipients", [])
        return classify_refused_recipients([(refusal.code, refusal.message) for refusal in refused], text)
    if "SMTPResponseException" in kinds:
        known = next((_STAGE_OF[kind] for kind in kinds if kind in _STAGE_OF), None)
        reply = reply_of(getattr(error, "code", ""), getattr(error, "message", ""))
        return classify_reply(reply, known or stage, text)
    if "SMTPConnectTimeoutError" in kinds:
        return classify_timeout(CONNECT, text)
    if "SMTPTimeoutError" in kinds:  # every other time-out comes in a conversation
        return classify_timeout(stage or Stage.OTHER, text)
    if "SMTPServerDisconnected" in kinds:
        return classify_disconnect(stage, text, Weight.EXACT if text == _END_OF_FILE else Weight.VAGUE)
    if "SMTPNotSupported" in kinds or "STARTTLS" in text:
        return classify_missing_extension(text)
    early = stage is None or stage in BEFORE_MAIL
    failure = Failure.CANNOT_CONNECT if early else Failure.CONNECTION_CLOSED
    return Classified(failure=failure, text=text), Weight.WRAPPER


def has_begun(error: BaseException) -> bool:
    """Check that the exception implies a conversation: a failed connection raises another one."""
    return "SMTPServerDisconnected" in _kinds(error)


def _kinds(error: BaseException) -> list[str]:
    return [kind.__name__ for kind in type(error).__mro__ if kind.__module__.partition(".")[0] == "aiosmtplib"]
