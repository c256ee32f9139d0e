"""Exceptions of Python's smtplib."""

import smtplib

from mailfault.classify.classified import (
    BEFORE_MAIL,
    Classified,
    Weighed,
    Weight,
    of_break,
    of_missing_extension,
    of_reply,
    reply_of,
)
from mailfault.classify.recipients import of_refused_recipients
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
"""The stage that the exception's kind itself tells."""
_END_OF_FILE = "Connection unexpectedly closed"
"""What smtplib says of a connection that ended; where it says more, it wraps an OSError."""


def classify_smtplib(error: BaseException, stage: str | None) -> Weighed | None:
    """What an exception of smtplib means; None for all others."""
    text = str(error) or type(error).__name__
    match error:
        case smtplib.SMTPServerDisconnected():
            return of_break(stage, text, Weight.EXACT if text == _END_OF_FILE else Weight.VAGUE)
        case smtplib.SMTPRecipientsRefused():
            return of_refused_recipients(list(error.recipients.values()), text)
        case smtplib.SMTPResponseException():
            known = next((its for kind, its in _STAGE_OF if isinstance(error, kind)), None)
            # The words of a real reply are bytes; with a str smtplib itself says "500 Line too long."
            reply = reply_of(error.smtp_code, error.smtp_error) if isinstance(error.smtp_error, bytes) else None
            return of_reply(reply, known or stage, text)
        case smtplib.SMTPNotSupportedError():
            return of_missing_extension(text)
        case smtplib.SMTPException():
            failure = Failure.CANNOT_CONNECT if stage in BEFORE_MAIL else Failure.CONNECTION_CLOSED
            return Classified(failure=failure, text=text), Weight.WRAPPER
    return None


def has_begun(error: BaseException) -> bool:
    """Whether the exception says that a conversation had begun: a connection that failed raises no such one."""
    return isinstance(error, smtplib.SMTPServerDisconnected)
