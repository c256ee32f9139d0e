"""Ending rules: what ended a session, as an ordered table. Pure.

`session_end` asks the rules of ENDING_RULES in order; the first that matches decides, and the last one always does.
A rule is a function of the session's state, and its docstring is its row in README.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mailfault.codes.failure import Failure
from mailfault.diagnosis.extensions import missing_extension
from mailfault.diagnosis.findings import (
    Finding,
    accepted,
    deciding_end,
    malformed,
    manner_of_loss,
    refusal,
    stage_of_command,
    unfinished,
    words_for,
)
from mailfault.diagnosis.handshake import is_certificate_refusal
from mailfault.diagnosis.replay import ASIDE, SessionState
from mailfault.diagnosis.rule import name_of
from mailfault_servers.facts import EndedByServer, TlsFailed, WentSilent
from mailfault_servers.smtp.reply import SmtpReply, Stage

_CLOSES = {"fin": "closed the connection", "rst": "reset the connection", "half-close": "closed its side"}


@dataclass(frozen=True, slots=True)
class EndingRule:
    """One row of the table."""

    find: Callable[[SessionState], Finding | None]
    """Return None if the rule does not match."""
    failure: Failure | None
    """None if the message was delivered, or the client left for no visible reason."""

    @property
    def name(self) -> str:
        return name_of(self.find)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnd:
    """The end of a session, and the rule that found it."""

    rule: str
    """Name of the rule that found it."""
    failure: Failure | None
    sentence: str
    stage: str
    reply: SmtpReply | None
    code: str | None = None
    """Enhanced code, if the failure has several."""


# -- delivered, or perhaps ----------------------------------------------------------------------------------------


def message_confirmed(state: SessionState) -> Finding | None:
    """The server accepted the last message, and its 250 left (RFC 5321 4.2.5)."""
    return accepted(state) if state.mail.is_confirmed else None


def reply_lost(state: SessionState) -> Finding | None:
    """The server accepted the last message, and no readable reply to the final dot reached the client (RFC 1047)."""
    if not state.lost_reply:
        return None
    sentence = f"{state.server} accepted the message and {manner_of_loss(state)} before it said so"
    return Finding(Stage.END_OF_DATA, sentence)


# -- the server's end of the connection ---------------------------------------------------------------------------


def certificate_refused(state: SessionState) -> Finding | None:
    """The client broke TLS off upon a flawed certificate, by an alert about it or by leaving (RFC 8446 6.2)."""
    end = deciding_end(state)
    if not (isinstance(end, TlsFailed) and state.tls.flaws and is_certificate_refusal(end)):
        return None
    how = f"by the alert {end.alert!r}" if end.alert else "by leaving"
    flaws = ", ".join(state.tls.flaws)
    return Finding(Stage.STARTTLS, f"{state.server} presented a certificate ({flaws}); the client refused it {how}")


def handshake_failed(state: SessionState) -> Finding | None:
    """TLS broke down for another reason, and no reply came before that ends the session (RFC 3207 4)."""
    end = deciding_end(state)
    if not isinstance(end, TlsFailed):
        return None
    sent = f"{state.server} sent {state.tls.spoiled_by}; " if state.tls.spoiled_by else ""
    return Finding(Stage.STARTTLS, f"{sent}the TLS handshake with {state.server} failed: {end.reason}")


def silent_in_handshake(state: SessionState) -> Finding | None:
    """The server fell silent within the TLS handshake (RFC 3207 4)."""
    end = deciding_end(state)
    if not (isinstance(end, WentSilent) and state.tls.in_handshake):
        return None
    return Finding(end.stage, f"{state.server} fell silent within the TLS handshake")


def never_greeted(state: SessionState) -> Finding | None:
    """The server took the connection and fell silent without a greeting (RFC 5321 4.5.3.2.1)."""
    end = deciding_end(state)
    if not (isinstance(end, WentSilent) and end.stage == Stage.GREETING and not state.was_greeted):
        return None
    return Finding(end.stage, f"{state.server} took the connection and never greeted")


def silent_when_idle(state: SessionState) -> Finding | None:
    """The server fell silent between two deliveries on a connection that was kept (RFC 5321 4.5.3.2.7)."""
    end = deciding_end(state)
    if not (isinstance(end, WentSilent) and end.stage == Stage.IDLE):
        return None
    return Finding(end.stage, f"{state.server} fell silent on the connection that was kept")


def never_answered(state: SessionState) -> Finding | None:
    """The server fell silent in place of a reply (RFC 5321 4.5.3.2)."""
    end = deciding_end(state)
    if not isinstance(end, WentSilent):
        return None
    return Finding(end.stage, f"{state.server} never answered {words_for(state, end.stage)}")


def closed_in_handshake(state: SessionState) -> Finding | None:
    """The server closed or reset the connection within the TLS handshake (RFC 8446 6.1)."""
    end = deciding_end(state)
    if not (isinstance(end, EndedByServer) and state.tls.in_handshake):
        return None
    sent = f"sent {state.tls.spoiled_by} and " if state.tls.spoiled_by else ""
    return Finding(end.stage, f"{state.server} {sent}{_CLOSES[end.how]} within the TLS handshake")


def closed_in_message(state: SessionState) -> Finding | None:
    """The server closed or reset the connection while the message came in (RFC 5321 3.8)."""
    end = deciding_end(state)
    if not (isinstance(end, EndedByServer) and end.stage == Stage.MESSAGE):
        return None
    return Finding(end.stage, f"{state.server} {_CLOSES[end.how]} after {end.message_bytes} bytes of the message")


def closed_after_reply(state: SessionState) -> Finding | None:
    """The server closed or reset the connection when it owed no reply (RFC 5321 3.8)."""
    end = deciding_end(state)
    if not (isinstance(end, EndedByServer) and not state.owes_reply):
        return None
    return Finding(end.stage, f"{state.server} {_CLOSES[end.how]} after it had answered {words_for(state, end.stage)}")


def closed_before_greeting(state: SessionState) -> Finding | None:
    """The server closed or reset the connection in place of its greeting (RFC 5321 3.1)."""
    end = deciding_end(state)
    if not (isinstance(end, EndedByServer) and end.stage == Stage.GREETING):
        return None
    return Finding(end.stage, f"{state.server} {_CLOSES[end.how]} without a greeting")


def closed_instead_of_reply(state: SessionState) -> Finding | None:
    """The server closed or reset the connection in place of a reply (RFC 5321 3.8)."""
    end = deciding_end(state)
    if not isinstance(end, EndedByServer):
        return None
    return Finding(end.stage, f"{state.server} {_CLOSES[end.how]} instead of answering {words_for(state, end.stage)}")


# -- a reply that the client did not get past ---------------------------------------------------------------------


def refused_before_mail(state: SessionState) -> Finding | None:
    """The greeting, EHLO or STARTTLS was answered with a 4xx or 5xx reply: the host takes no mail (RFC 5321 3.1)."""
    return refusal(state, before_mail=True)


def refused(state: SessionState) -> Finding | None:
    """A later command, the message, or the client's silence was answered with a 4xx or 5xx reply (RFC 5321 4.2.1)."""
    return refusal(state, before_mail=False)


def greeting_unfinished(state: SessionState) -> Finding | None:
    """The greeting began and never came to its end (RFC 5321 4.5.3.2.1)."""
    return unfinished(state, state.obstacle, at_greeting=True)


def reply_unfinished(state: SessionState) -> Finding | None:
    """A later reply began and never came to its end (RFC 5321 4.5.3.2)."""
    return unfinished(state, state.obstacle, at_greeting=False)


def malformed_before_mail(state: SessionState) -> Finding | None:
    """The reply to the connection, EHLO or STARTTLS is no valid one there: the host is of no use (RFC 5321 4.2)."""
    return malformed(state, state.obstacle, before_mail=True)


def malformed_reply(state: SessionState) -> Finding | None:
    """The reply to a later command is no valid one there (RFC 5321 4.2)."""
    return malformed(state, state.obstacle, before_mail=False)


# -- the client left ----------------------------------------------------------------------------------------------


def left_upon_certificate(state: SessionState) -> Finding | None:
    """The client left before MAIL after it had seen a flawed certificate (RFC 3207 4.1)."""
    if not state.tls.flaws or state.tls.is_trusted:
        return None
    flaws = ", ".join(state.tls.flaws)
    return Finding(Stage.STARTTLS, f"{state.server} presented a certificate ({flaws}); the client left upon it")


def message_not_transferable(state: SessionState) -> Finding | None:
    """The client left before MAIL, and the last reply to EHLO did not offer what the message needs (RFC 6531 3.5)."""
    if state.offered is None or state.given is None or state.mail.has_begun:
        return None
    missing = missing_extension(state.given, state.offered)
    if missing is None:
        return None
    return Finding(Stage.EHLO, f"{state.server} {missing.words}, and the client left before MAIL", code=missing.code)


def starttls_missing(state: SessionState) -> Finding | None:
    """The client left before MAIL, and the last reply to EHLO in clear had not offered STARTTLS (RFC 3207 4)."""
    if state.tls.is_offered is not False or state.tls.is_encrypted or state.tls.is_trusted:
        return None
    return Finding(Stage.EHLO, f"{state.server} did not offer STARTTLS, and the client left before MAIL")


def left_in_handshake(state: SessionState) -> Finding | None:
    """The client left within the TLS handshake, though the certificate is good (RFC 3207 4.1)."""
    if not state.tls.in_handshake:
        return None
    why = f"upon {state.tls.spoiled_by}" if state.tls.spoiled_by else "though the certificate is good"
    return Finding(Stage.STARTTLS, f"the client left {state.server} within the TLS handshake, {why}")


def left_unanswered(state: SessionState) -> Finding | None:
    """The client left while the server owed it a reply to a command of a transaction (RFC 5321 4.5.3.2)."""
    stage = stage_of_command(state)
    if not state.owes_reply or stage == Stage.GREETING or stage in ASIDE:
        return None
    return Finding(stage, f"{state.server} had not answered {words_for(state, stage)} when the client left")


def ignored_greeting_unfinished(state: SessionState) -> Finding | None:
    """The client left later, after a greeting that came byte by byte (RFC 5321 4.5.3.2.1)."""
    return unfinished(state, state.ignored, at_greeting=True)


def ignored_reply_unfinished(state: SessionState) -> Finding | None:
    """The client left later, after a reply that came byte by byte or was cut off (RFC 5321 4.5.3.2)."""
    return unfinished(state, state.ignored, at_greeting=False)


def ignored_malformed_before_mail(state: SessionState) -> Finding | None:
    """The client left later, after a malformed reply to the connection, EHLO or STARTTLS (RFC 5321 4.2, RFC 2920)."""
    return malformed(state, state.ignored, before_mail=True)


def ignored_malformed_reply(state: SessionState) -> Finding | None:
    """The client left later, after a malformed reply to another command (RFC 5321 4.2, RFC 2920)."""
    return malformed(state, state.ignored, before_mail=False)


def earlier_message_confirmed(state: SessionState) -> Finding | None:
    """The client dropped a transaction without need, after the server had confirmed a message (RFC 5321 3.3)."""
    return accepted(state) if any(acceptance.confirmed for acceptance in state.mail.acceptances) else None


def left_without_reason(state: SessionState) -> Finding | None:
    """The client left, and nothing that the servers saw says why (RFC 5321 4.1.1.10)."""
    stage = stage_of_command(state)
    return Finding(
        stage, f"the client left {state.server} after {words_for(state, stage)}, for no reason that can be seen"
    )


ENDING_RULES = (
    EndingRule(message_confirmed, None),
    EndingRule(reply_lost, Failure.CONNECTION_CLOSED),
    EndingRule(certificate_refused, Failure.CERTIFICATE_INVALID),
    EndingRule(handshake_failed, Failure.CANNOT_CONNECT),
    EndingRule(silent_in_handshake, Failure.CONNECTION_CLOSED),
    EndingRule(never_greeted, Failure.CONNECTION_TIMED_OUT),
    EndingRule(silent_when_idle, Failure.CONNECTION_CLOSED),
    EndingRule(never_answered, Failure.CONNECTION_CLOSED),
    EndingRule(closed_in_handshake, Failure.CANNOT_CONNECT),
    EndingRule(closed_in_message, Failure.CONNECTION_CLOSED),
    EndingRule(closed_after_reply, Failure.CONNECTION_CLOSED),
    EndingRule(closed_before_greeting, Failure.CONNECTION_CLOSED),
    EndingRule(closed_instead_of_reply, Failure.CONNECTION_CLOSED),
    EndingRule(refused_before_mail, Failure.CANNOT_CONNECT),
    EndingRule(refused, Failure.REMOTE_REPLY),
    EndingRule(greeting_unfinished, Failure.CONNECTION_TIMED_OUT),
    EndingRule(reply_unfinished, Failure.CONNECTION_CLOSED),
    EndingRule(malformed_before_mail, Failure.CANNOT_CONNECT),
    EndingRule(malformed_reply, Failure.CONNECTION_CLOSED),
    EndingRule(left_upon_certificate, Failure.CERTIFICATE_INVALID),
    EndingRule(message_not_transferable, Failure.MESSAGE_NOT_TRANSFERABLE),
    EndingRule(starttls_missing, Failure.CANNOT_CONNECT),
    EndingRule(left_in_handshake, Failure.CANNOT_CONNECT),
    EndingRule(left_unanswered, Failure.CONNECTION_CLOSED),
    EndingRule(ignored_greeting_unfinished, Failure.CONNECTION_TIMED_OUT),
    EndingRule(ignored_reply_unfinished, Failure.CONNECTION_CLOSED),
    EndingRule(ignored_malformed_before_mail, Failure.CANNOT_CONNECT),
    EndingRule(ignored_malformed_reply, Failure.CONNECTION_CLOSED),
    EndingRule(earlier_message_confirmed, None),
    EndingRule(left_without_reason, None),
)
"""In order: the first that matches decides."""


def session_end(state: SessionState, rules: Sequence[EndingRule] = ENDING_RULES) -> SessionEnd:
    """Apply the rules to the state in which a session ended."""
    for rule in rules:
        if (finding := rule.find(state)) is not None:
            return SessionEnd(
                rule=rule.name,
                failure=rule.failure,
                sentence=finding.sentence,
                stage=finding.stage,
                reply=finding.reply,
                code=finding.code,
            )
    raise AssertionError("the last rule matches every state")
