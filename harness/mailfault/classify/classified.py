"""What an exception turns out to mean."""

from dataclasses import dataclass
from enum import IntEnum

from mailfault.codes.failure import Failure
from mailfault_servers.smtp.reply import SmtpReply, Stage

LOOKUP, CONNECT, TLS = "lookup", "connect", "tls"
"""Stages of a delivery that are no stages of SMTP: before it, and the handshake within it."""

BEFORE_MAIL: frozenset[str] = frozenset({LOOKUP, CONNECT, TLS, Stage.GREETING, Stage.EHLO, Stage.STARTTLS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """The failure that an exception means."""

    failure: Failure
    reply: SmtpReply | None = None
    """The remote's reply, where the exception carries one."""
    permanent: bool = False
    """True: return the mail at once (5xx to the message). False: keep it queued and try again."""
    text: str = ""
    """The exception's own words."""


class Weight(IntEnum):
    """How much an exception says: where several are chained, the one that says most decides."""

    WRAPPER = 0
    """That something went wrong, around an exception that may say what."""
    VAGUE = 1
    """That something went wrong with the connection ("unexpectedly closed")."""
    EXACT = 2
    """What went wrong."""
    DECISIVE = 3
    """The cause itself: a certificate, a reply."""


Weighed = tuple[Classified, Weight]


def of_silence(stage: str | None, text: str) -> Weighed:
    """A limit ran out: which failure that is depends on how far the session had got.

    While connecting, and while waiting for the greeting, the connection timed out; a conversation that had begun was
    broken off. Without a stage it is taken for the connection.
    """
    if stage == LOOKUP:
        return Classified(failure=Failure.DNS_QUERY_FAILED, text=text), Weight.EXACT
    if stage in (None, CONNECT, Stage.GREETING):
        return Classified(failure=Failure.CONNECTION_TIMED_OUT, text=text), Weight.EXACT
    return Classified(failure=Failure.CONNECTION_CLOSED, text=text), Weight.EXACT


def of_break(stage: str | None, text: str, weight: Weight) -> Weighed:
    """The other side ended the connection. Within a TLS handshake that means: no session came of it."""
    if stage == LOOKUP:
        return Classified(failure=Failure.DNS_QUERY_FAILED, text=text), weight
    failure = Failure.CANNOT_CONNECT if stage == TLS else Failure.CONNECTION_CLOSED
    return Classified(failure=failure, text=text), weight


def of_reply(reply: SmtpReply | None, stage: str | None, text: str) -> Weighed:
    """A reply was the end of it; None: what came could not be read as one. A 2xx or 3xx that is an end says no more."""
    early = stage in BEFORE_MAIL
    if reply is None or (early and reply.is_positive):
        failure = Failure.CANNOT_CONNECT if early else Failure.CONNECTION_CLOSED
        return Classified(failure=failure, text=text), Weight.EXACT
    if early:  # nothing was said about the message, so even a 5xx is no reason to give it up
        return Classified(failure=Failure.CANNOT_CONNECT, reply=reply, text=text), Weight.DECISIVE
    permanent = reply.code >= 500
    # What is said to QUIT changes nothing (RFC 5321 4.1.1.10): the exception that QUIT came on top of decides.
    weight = Weight.VAGUE if stage == Stage.QUIT else Weight.DECISIVE
    return Classified(failure=Failure.REMOTE_REPLY, reply=reply, permanent=permanent, text=text), weight


def of_missing_extension(text: str) -> Weighed:
    """The host does not offer what the client needs.

    STARTTLS, AUTH: no session for mail comes of it. Anything else (SMTPUTF8): this host can never take this message
    (RFC 6531 3.2).
    """
    if "STARTTLS" in text or "AUTH" in text:
        return Classified(failure=Failure.CANNOT_CONNECT, text=text), Weight.DECISIVE
    return Classified(failure=Failure.REMOTE_REPLY, permanent=True, text=text), Weight.DECISIVE


def reply_of(code: object, words: object) -> SmtpReply | None:
    """A reply from code and words as mail libraries keep them apart; None where they make none."""
    said = words.decode("utf-8", "backslashreplace") if isinstance(words, bytes) else str(words)
    try:
        return SmtpReply.parse("\n".join(f"{code} {line}".rstrip() for line in (said.split("\n"))))
    except ValueError:
        return None
