"""Exceptions of Python's smtplib."""

import smtplib

from mailfault.classify.classified import (
    BEFORE_MAIL,
    Classified,
    Weighed,
    Weight,
    classify_disconnect,
    classify_missing_extension,
    classify_reply,
    reply_of,
)
from mailfault.classify.recipients import classify_refused_recipients
from mailfault.codes.failure import Failure
from mailfault_servers.smtp.reply import Stage

_STAGE_OF = (
    (smtplib.SMTPConnectError, Stage.GREETING),
    (smtplib.SMTPHeloError, Stage.EHLO),
    # A refused log-in says nothing about the message: Postfix too keeps it (smtp_sasl_auth_soft_bounce).
    (smtplib.SMTPAuthenticationError, Stage.EHLO),
    (smtplib.SMTPSenderRefused, Stage.MAIL),
    (smtplib.SMTPDataError, Stage.DATA),
)
"""The stage that the exception's class implies."""
_END_OF_FILE = "Connection unexpectedly closed"
"""smtplib's text for a connection that ended; with a longer text it wraps an OSError."""


def classify_smtplib(error: BaseException, stage: str | None) -> Weighed | None:
    """Classify an exception of smtplib. Return None for all others."""
    text = str(error) or type(error).__name__
    match error:
        case smtplib.SMTPServerDisconnected():
            return classify_disconnect(stage, text, Weight.EXACT if text == _END_OF_FILE else Weight.VAGUE)
        case smtplib.SMTPRecipientsRefused():
            return classify_refused_recipients(list(error.recipients.values()), text)
        case smtplib.SMTPResponseException():
            known = next((at for kind, at in _STAGE_OF if isinstance(error, kind)), None)
            # The text of a real reply is bytes; a str is smtplib's own "500 Line too long."
            reply = reply_of(error.smtp_code, error.smtp_error) if isinstance(error.smtp_error, bytes) else None
            return classify_reply(reply, known or stage, text)
        case smtplib.SMTPNotSupportedError():
            return classify_missing_extension(text)
        case smtplib.SMTPException():
            failure = Failure.CANNOT_CONNECT if stage in BEFORE_MAIL else Failure.CONNECTION_CLOSED
            return Classified(failure=failure, text=text), Weight.WRAPPER
    return None


def has_begun(error: BaseException) -> bool:
    """Check that the exception implies a conversation: a failed connection raises another one."""
    return isinstance(error, smtplib.SMTPServerDisconnected)
