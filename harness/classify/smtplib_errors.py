"""Exceptions of Python's smtplib."""

import smtplib

from fake_servers.smtp.reply import Stage
from harness.classify.classified import (
    BEFORE_MAIL,
    Classified,
    Weighed,
    Weight,
    of_break,
    of_reply,
    reply_of,
)
from harness.classify.recipients import of_refused_recipients
from harness.codes.failure import Failure

_STAGE_OF = (
    (smtplib.SMTPConnectError, Stage.GREETING),
    (smtplib.SMTPHeloError, Stage.EHLO),
    (smtplib.SMTPSenderRefused, Stage.MAIL),
    (smtplib.SMTPAuthenticationError, Stage.MAIL),
)
"""The stage that the exception's kind itself tells."""


def classify_smtplib(error: BaseException, stage: str | None) -> Weighed | None:
    text = str(error) or type(error).__name__
    match error:
        case smtplib.SMTPServerDisconnected():
            return of_break(stage, text, Weight.VAGUE)
        case smtplib.SMTPRecipientsRefused():
            return of_refused_recipients(list(error.recipients.values()), text)
        case smtplib.SMTPResponseException():
            known = next((its for kind, its in _STAGE_OF if isinstance(error, kind)), None)
            return of_reply(reply_of(error.smtp_code, error.smtp_error), known or stage, text)
        case smtplib.SMTPNotSupportedError():
            return _not_supported(text)
        case smtplib.SMTPException():
            failure = Failure.CANNOT_CONNECT if stage in BEFORE_MAIL else Failure.CONNECTION_CLOSED
            return Classified(failure=failure, text=text), Weight.VAGUE
    return None


def _not_supported(text: str) -> Weighed:
    if "STARTTLS" in text:
        return Classified(failure=Failure.CANNOT_CONNECT, text=text), Weight.DECISIVE
    # SMTPUTF8 and the like: this host can never take this message (RFC 6531 3.2)
    return Classified(failure=Failure.REMOTE_REPLY, permanent=True, text=text), Weight.DECISIVE
