"""Replay of a session: its facts, folded into the state that they leave it in. Pure.

`replay` starts from an empty state and lets each fact, in order, make a new one. Nothing is concluded here: `endings`
says what a state amounts to.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from types import MappingProxyType
from typing import NamedTuple

from mailfault.diagnosis.client_view import client_view
from mailfault.diagnosis.connections import Connection
from mailfault.diagnosis.diagnosis import Acceptance
from mailfault.diagnosis.extensions import offered_extensions
from mailfault.diagnosis.handshake import starts_tls
from mailfault_servers.facts import (
    CertificatePresented,
    CommandReceived,
    EndedByServer,
    Fact,
    HandshakeSpoiled,
    MessageAccepted,
    MessageGiven,
    ReplyBegun,
    ReplySent,
    RuleBroken,
    TlsEstablished,
    TlsFailed,
    WentSilent,
)
from mailfault_servers.smtp.reading import Flaw, first_reply
from mailfault_servers.smtp.reply import SmtpReply, Stage

_MALFORMED = frozenset({Flaw.NO_REPLY, Flaw.BLANK_LINE, Flaw.CODES_DIFFER, Flaw.MORE_BEHIND, Flaw.LINE_TOO_LONG})
"""Flaws that a careful client stumbles over. Every client reads lines that end with LF alone."""
_HARMLESS_AFTER_MESSAGE = frozenset({Flaw.MORE_BEHIND, Flaw.LINE_TOO_LONG})
"""Flaws that leave no doubt about the reply to the final dot."""
ASIDE = frozenset({Stage.RSET, Stage.OTHER})
"""Commands that move no transaction forward."""
_POSITION: Mapping[str, int] = {stage: position for position, stage in enumerate(Stage)}
"""Position of each stage in the course of a session."""
_RECIPIENT = re.compile(r"TO:\s*(?:<(?:@[^:>]*:)?([^>]*)>|(\S+))", re.IGNORECASE)
"""The address in a RCPT command, without its source route (RFC 5321 F.2). Brackets are often left out."""

ServerEnd = EndedByServer | WentSilent | TlsFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """A reply that the client has not got past: a refusal, or, without `reply`, something malformed or unfinished."""

    stage: str
    reply: SmtpReply | None
    text: str
    recipient: str | None = None
    is_unfinished: bool = False
    breach: str | None = None
    """The rule that the client broke, if the reply punishes it: "it spoke before ...", with the clause."""
    asked: str | None = None
    """The verb that it answers, if that is no command of a mail transaction."""


# The states are named tuples: many are made for each session, and `dataclasses.replace` takes eight times as long.


class TlsState(NamedTuple):
    """TLS in a session."""

    problems: tuple[str, ...] = ()
    """Problems of the certificate (see `CertificatePresented`)."""
    flaws: tuple[str, ...] = ()
    """The problems, and whatever else a client may refuse the certificate for."""
    in_handshake: bool = False
    spoiled_by: str | None = None
    """Bytes that the server sent in place of the handshake, or of a part of it, in words."""
    is_encrypted: bool = False
    is_offered: bool | None = None
    """True if the last reply to EHLO offered STARTTLS; None before such a reply."""
    is_trusted: bool = False
    """True if MAIL was sent since the handshake began: the client has accepted the certificate."""


class MailState(NamedTuple):
    """Mail transactions of the delivery under way."""

    acceptances: tuple[Acceptance, ...] = ()
    recipients: Mapping[str, SmtpReply | None] = MappingProxyType({})
    """The last reply to each RCPT, by address in lower case; None if it was not answered."""
    recipient: str | None = None
    """Address in the last RCPT."""
    has_begun: bool = False
    sent_in_clear: bool = False
    any_recipient: bool = False
    """True if a RCPT of the current transaction was accepted."""
    is_accepted: bool = False
    """True if the message of the current transaction was accepted."""

    @property
    def is_confirmed(self) -> bool:
        """True if the client was told that its last message is accepted."""
        return self.is_accepted and self.acceptances[-1].confirmed


class SessionState(NamedTuple):
    """The state of a session after any of its facts."""

    server: str
    hello: str = "EHLO"
    """The verb that the client greeted with."""
    other: str = "OTHER"
    """The verb of the last command that belongs to no stage of its own."""
    command_stage: str | None = None
    """Stage of the last command, QUIT apart."""
    has_asked: bool = True
    """False after the begin of a delivery until its first command: until then a reply answers an earlier delivery."""
    owes_reply: bool = True
    """True if it is the server's turn to speak."""
    was_greeted: bool = False
    obstacle: Obstacle | None = None
    ignored: Obstacle | None = None
    """The last malformed reply the client appeared to ignore. It may be pipelining (RFC 2920) or out of sync."""
    breach: str | None = None
    """The rule that the client broke, until the reply that punishes it."""
    given: MessageGiven | None = None
    """The message to be delivered."""
    offered: Mapping[str, str] | None = None
    """Extensions that the last reply to EHLO offered, with their parameters; None before such a reply."""
    end: ServerEnd | None = None
    """The first end of the connection that the server saw or made."""
    tls: TlsState = TlsState()
    mail: MailState = MailState()

    @property
    def was_turned_away(self) -> bool:
        """True if the greeting was a refusal: nothing said after it is news (RFC 5321 3.1)."""
        return self.obstacle is not None and self.obstacle.stage == Stage.GREETING and self.obstacle.reply is not None

    @property
    def lost_reply(self) -> bool:
        """True if the last message was accepted and the client heard neither that nor the contrary."""
        obstacle = self.obstacle
        is_refused = obstacle is not None and obstacle.stage == Stage.END_OF_DATA and obstacle.reply is not None
        return self.mail.is_accepted and not self.mail.is_confirmed and not is_refused


def replay(connection: Connection) -> SessionState:
    """Fold one connection's part in a delivery into the state that it ended in."""
    state = SessionState(server=connection.server)
    if connection.earlier:
        state = begin_delivery(reduce(advance, connection.earlier, state))
    return reduce(advance, client_view(connection), state)


def begin_delivery(state: SessionState) -> SessionState:
    """Go on to another delivery on the same connection: only the greeting and TLS stay as they are."""
    return SessionState(
        server=state.server,
        hello=state.hello,
        was_greeted=state.was_greeted,
        tls=state.tls,
        offered=state.offered,
        has_asked=False,
        owes_reply=False,
    )


def advance(state: SessionState, fact: Fact) -> SessionState:
    """Return the state after one more fact."""
    match fact:
        case CommandReceived():
            return _on_command(state, fact)
        case ReplySent():
            return _on_reply(state, fact)
        case ReplyBegun():
            return _meet(state, fact.stage, fact.how, is_unfinished=fact.how == "byte by byte")
        case MessageAccepted():
            return _on_message(state, fact)
        case MessageGiven():
            return state._replace(given=fact)
        case RuleBroken():
            return state._replace(breach=fact.breach)
        case EndedByServer() | WentSilent() | TlsFailed():
            return state if state.end is not None else state._replace(end=fact)
        case CertificatePresented() | HandshakeSpoiled() | TlsEstablished():
            offered = None if isinstance(fact, TlsEstablished) else state.offered
            return state._replace(tls=_tls_after(state.tls, fact), offered=offered)
        case _:
            return state


def _tls_after(tls: TlsState, fact: CertificatePresented | HandshakeSpoiled | TlsEstablished) -> TlsState:
    match fact:
        case CertificatePresented(problems=problems, doubts=doubts):
            flaws = (*problems, *doubts)
            return tls._replace(problems=problems, flaws=flaws, in_handshake=True, is_trusted=False)
        case HandshakeSpoiled():
            return tls._replace(in_handshake=True, spoiled_by=tls.spoiled_by or fact.what)
        case TlsEstablished():
            return tls._replace(in_handshake=False, is_encrypted=True, spoiled_by=None, is_offered=None)


def _on_command(state: SessionState, fact: CommandReceived) -> SessionState:
    if fact.stage == Stage.QUIT:
        return state
    hello, other, tls, mail = state.hello, state.other, state.tls, state.mail
    if fact.stage == Stage.EHLO:
        hello = fact.line.split(" ")[0].upper()
    elif fact.stage == Stage.OTHER:
        other = fact.line.split(" ")[0].upper() or other
    elif fact.stage == Stage.MAIL:
        tls = tls._replace(is_trusted=True)
        mail = mail._replace(
            has_begun=True,
            is_accepted=False,
            any_recipient=False,
            sent_in_clear=mail.sent_in_clear or not fact.encrypted,
        )
    elif fact.stage == Stage.RCPT and (match := _RECIPIENT.search(fact.line)) is not None:
        recipient = (match[1] or match[2] or "").lower()
        mail = mail._replace(recipient=recipient, recipients={**mail.recipients, recipient: None})
    state = state._replace(hello=hello, other=other, tls=tls, mail=mail)
    return state._replace(command_stage=fact.stage, owes_reply=True, has_asked=True)


def _on_message(state: SessionState, fact: MessageAccepted) -> SessionState:
    acceptance = Acceptance(
        recipients=fact.recipients,
        server=state.server,
        encrypted=fact.encrypted,
        confirmed=False,
        certificate_problems=state.tls.problems if fact.encrypted else (),
        digest=fact.digest,
        content=fact.content,
        is_eight_bit="8BITMIME" in (state.offered or {}),
    )
    mail = state.mail._replace(is_accepted=True, acceptances=(*state.mail.acceptances, acceptance))
    return state._replace(mail=mail)


# -- replies ----------------------------------------------------------------------------------------------------------


def _on_reply(state: SessionState, fact: ReplySent) -> SessionState:
    if state.breach is not None:
        return _punish(state, fact, state.breach)
    if fact.flaw == Flaw.UNFINISHED:
        return _meet(state, fact.stage, _first_line(fact.text), is_unfinished=True)
    if fact.stage == Stage.QUIT or (fact.stage != Stage.IDLE and not state.has_asked):
        return state
    state = state._replace(owes_reply=False)
    if fact.stage == Stage.STARTTLS and not fact.encrypted and starts_tls(fact.text):
        # A client must ignore what stands behind this 220 (RFC 3207 6).
        state = state._replace(tls=state.tls._replace(in_handshake=True, is_trusted=False))
        return _get_past(state, Stage.STARTTLS)
    recipient = state.mail.recipient if fact.stage == Stage.RCPT else None
    reply = _parse_first_reply(fact.text)
    if reply is None:
        return _meet(state, fact.stage, _first_line(fact.text), recipient=recipient)
    if _is_malformed(fact, reply):
        return _meet(state, fact.stage, fact.text, recipient=recipient)
    return _on_well_formed_reply(state, fact, reply, recipient)


def _punish(state: SessionState, fact: ReplySent, breach: str) -> SessionState:
    """Put the reply to a broken rule in the client's way. After the beginning of another reply its last line counts."""
    reply = _parse_first_reply(fact.text.rpartition("\n")[2])
    recipient = state.mail.recipient if fact.stage == Stage.RCPT else None
    obstacle = Obstacle(stage=fact.stage, reply=reply, text=fact.text, recipient=recipient, breach=breach)
    state = state._replace(owes_reply=False, breach=None, obstacle=obstacle)
    return state if recipient is None or reply is None else state._replace(mail=_answered(state.mail, recipient, reply))


@lru_cache(maxsize=1024)
def _parse_first_reply(text: str) -> SmtpReply | None:
    """Parse the first of the replies in these lines. Return None if it is none."""
    try:
        return SmtpReply.parse(first_reply(text))
    except ValueError:
        return None


def _is_malformed(fact: ReplySent, reply: SmtpReply) -> bool:
    """True for a reply that a careful client cannot take for what it is."""
    if fact.stage == Stage.END_OF_DATA and fact.flaw in _HARMLESS_AFTER_MESSAGE:
        return not _fits_stage(fact.stage, reply)
    return fact.flaw in _MALFORMED or not _fits_stage(fact.stage, reply)


def _fits_stage(stage: str, reply: SmtpReply) -> bool:
    """True unless a positive reply has another first digit than its stage calls for (RFC 5321 4.3.2)."""
    if not reply.is_positive or stage in ASIDE or stage == Stage.STARTTLS:
        return True
    return reply.code // 100 == (3 if stage == Stage.DATA else 2)


def is_out_of_place(stage: str, text: str) -> bool:
    """True for a reply in good form that does not fit its stage."""
    try:
        return not _fits_stage(stage, SmtpReply.parse(text))
    except ValueError:
        return False


def _on_well_formed_reply(
    state: SessionState, fact: ReplySent, reply: SmtpReply, recipient: str | None
) -> SessionState:
    if fact.stage in ASIDE:
        return state
    if fact.stage == Stage.GREETING:
        state = state._replace(was_greeted=reply.is_positive)
    if reply.is_positive and fact.stage == Stage.STARTTLS and not fact.encrypted:
        state = _meet(state, fact.stage, fact.text, recipient=recipient)  # a 250, say, starts no TLS
    elif reply.is_positive:
        state = _get_past(_on_positive_reply(state, fact.stage, reply), fact.stage)
    elif _is_echo(state, fact.stage, reply):
        return state
    else:
        state = _meet(state, fact.stage, fact.text, reply=reply, recipient=recipient)
    return state if recipient is None else state._replace(mail=_answered(state.mail, recipient, reply))


def _on_positive_reply(state: SessionState, stage: str, reply: SmtpReply) -> SessionState:
    if stage == Stage.EHLO:
        is_offered = any(line.strip().upper() == "STARTTLS" for line in reply.lines)
        return state._replace(tls=state.tls._replace(is_offered=is_offered), offered=offered_extensions(reply))
    if stage == Stage.END_OF_DATA and state.mail.is_accepted and reply.code < 300:
        *before, last = state.mail.acceptances
        return state._replace(mail=state.mail._replace(acceptances=(*before, replace(last, confirmed=True))))
    return state


def _answered(mail: MailState, recipient: str, reply: SmtpReply) -> MailState:
    return mail._replace(
        recipients={**mail.recipients, recipient: reply},
        any_recipient=mail.any_recipient or reply.is_positive,
    )


def _meet(
    state: SessionState,
    stage: str,
    text: str,
    *,
    reply: SmtpReply | None = None,
    recipient: str | None = None,
    is_unfinished: bool = False,
) -> SessionState:
    """Put an obstacle in the client's way."""
    asked = state.other if stage == Stage.OTHER else None
    obstacle = Obstacle(
        stage=stage, reply=reply, text=text, recipient=recipient, is_unfinished=is_unfinished, asked=asked
    )
    return state._replace(obstacle=obstacle)


def _get_past(state: SessionState, stage: str) -> SessionState:
    """Clear an obstacle by a good reply at a later stage, or at its own, but not to another recipient."""
    obstacle = state.obstacle
    if obstacle is None or state.was_turned_away:
        return state
    steps = _POSITION[stage] - _POSITION[obstacle.stage]
    is_same_command = stage != Stage.RCPT or obstacle.recipient == state.mail.recipient
    if steps < 0 or (steps == 0 and not is_same_command):
        return state
    return state._replace(obstacle=None, ignored=obstacle if obstacle.reply is None else state.ignored)


def _is_echo(state: SessionState, stage: str, reply: SmtpReply) -> bool:
    """True if a refusal only follows from an earlier one: after it, or to commands sent ahead (RFC 2920 3.1)."""
    obstacle = state.obstacle
    if obstacle is None or stage == Stage.GREETING:
        return False
    no_recipient = obstacle.stage == Stage.RCPT and stage == Stage.DATA and not state.mail.any_recipient
    return state.was_turned_away or reply.code == 503 or (no_recipient and reply.code == 554)


def _first_line(text: str) -> str:
    return text.partition("\n")[0]
