"""The meaning of an exception, and the rules that all libraries share."""

from dataclasses import dataclass
from enum import IntEnum

from mailfault.codes.failure import Failure
from mailfault_servers.smtp.reply import SmtpReply, Stage

LOOKUP, CONNECT, TLS = "lookup", "connect", "tls"
"""Stages of a delivery that are not stages of SMTP: two before it, and the TLS handshake."""

BEFORE_MAIL: frozenset[str] = frozenset({LOOKUP, CONNECT, TLS, Stage.GREETING, Stage.EHLO, Stage.STARTTLS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """The failure that an exception means."""

    failure: Failure
    reply: SmtpReply | None = None
    """The remote's reply, if the exception carries one."""
    permanent: bool = False
    """True: return the mail at once (5xx to the message). False: keep it queued and try again."""
    text: str = ""
    """The exception's own words."""


class Weight(IntEnum):
    """Specificity of an exception. The most specific of a chain decides."""

    WRAPPER = 0
    """It wraps an exception that may say more."""
    VAGUE = 1
    """It reports only that the connection failed ("unexpectedly closed")."""
    EXACT = 2
    """It names the failure."""
    DECISIVE = 3
    """It is the cause itself: a certificate, a reply."""


Weighed = tuple[Classified, Weight]


def classify_timeout(stage: str | None, text: str) -> Weighed:
    """Classify a time-out by its stage.

    The connection timed out if the stage is unknown, "connect" or "greeting". A later time-out breaks off a
    conversation.
    """
    if stage == LOOKUP:
        return Classified(failure=Failure.DNS_QUERY_FAILED, text=text), Weight.EXACT
    if stage in (None, CONNECT, Stage.GREETING):
        return Classified(failure=Failure.CONNECTION_TIMED_OUT, text=text), Weight.EXACT
    return Classified(failure=Failure.CONNECTION_CLOSED, text=text), Weight.EXACT


def classify_disconnect(stage: str | None, text: str, weight: Weight) -> Weighed:
    """Classify a connection that the host ended. In a TLS handshake no session was established."""
    if stage == LOOKUP:
        return Classified(failure=Failure.DNS_QUERY_FAILED, text=text), weight
    failure = Failure.CANNOT_CONNECT if stage == TLS else Failure.CONNECTION_CLOSED
    return Classified(failure=failure, text=text), weight


def is_final_refusal(reply: SmtpReply, *, others_taken: bool = False) -> bool:
    """Return whether a refusal at MAIL or later is final: a 5xx is, with one exception.

    RFC 821 gave 552 to the recipient that is one too many. After others were taken in the same transaction it is
    temporary: the next transaction, without those, may take this recipient (RFC 5321 4.5.3.1.10).
    """
    return reply.code >= 500 and not (others_taken and reply.code == 552)


def classify_reply(reply: SmtpReply | None, stage: str | None, text: str) -> Weighed:
    """Classify a final reply. None means it was unparseable; a final 2xx/3xx is treated the same."""
    early = stage in BEFORE_MAIL
    if reply is None or (early and reply.is_positive):
        failure = Failure.CANNOT_CONNECT if early else Failure.CONNECTION_CLOSED
        return Classified(failure=failure, text=text), Weight.EXACT
    if early:  # no reply to the message, so even a 5xx is no reason to return it
        return Classified(failure=Failure.CANNOT_CONNECT, reply=reply, text=text), Weight.DECISIVE
    permanent = is_final_refusal(reply)
    # The reply to QUIT changes nothing (RFC 5321 4.1.1.10): the exception before it decides.
    weight = Weight.VAGUE if stage == Stage.QUIT else Weight.DECISIVE
    return Classified(failure=Failure.REMOTE_REPLY, reply=reply, permanent=permanent, text=text), weight


def classify_missing_extension(text: str) -> Weighed:
    """Classify a missing SMTP extension.

    Without STARTTLS or AUTH there is no session for mail. Without another one (SMTPUTF8, 8BITMIME) the client may not
    send this message to this host (RFC 6531 3.5, RFC 6152 3).
    """
    if "STARTTLS" in text or "AUTH" in text:
        return Classified(failure=Failure.CANNOT_CONNECT, text=text), Weight.DECISIVE
    return Classified(failure=Failure.MESSAGE_NOT_TRANSFERABLE, permanent=True, text=text), Weight.DECISIVE


def reply_of(code: object, words: object) -> SmtpReply | None:
    """Return the reply of a code and a text, as mail libraries store them, or None if they make no reply."""
    text = words.decode("utf-8", "backslashreplace") if isinstance(words, bytes) else str(words)
    try:
        return SmtpReply.parse("\n".join(f"{code} {line}".rstrip() for line in text.split("\n")))
    except ValueError:
        return None
