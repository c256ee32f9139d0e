"""What one connection's part of a journal tells: how far the session got, and what ended it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailfault.codes.failure import Failure
from mailfault.diagnosis.client_view import as_the_client_saw
from mailfault.diagnosis.diagnosis import Acceptance
from mailfault.diagnosis.handshake import (
    refused_certificate,
    starts_tls,
    what_is_wrong,
    why_tls_failed,
    why_tls_was_left,
)
from mailfault.diagnosis.session_story import SessionStory
from mailfault_servers.facts import (
    CertificatePresented,
    CommandReceived,
    ConnectionAccepted,
    EndedByServer,
    Fact,
    HandshakeSpoiled,
    MessageAccepted,
    ReplyBegun,
    ReplySent,
    TlsEstablished,
    TlsFailed,
    WentSilent,
)
from mailfault_servers.journal import Entry
from mailfault_servers.smtp.reading import Flaw, first_reply
from mailfault_servers.smtp.reply import SmtpReply, Stage

__all__ = ["SessionStory", "read_session"]

_BEFORE_MAIL = frozenset({Stage.GREETING, Stage.EHLO, Stage.STARTTLS})
_UNREADABLE = frozenset({Flaw.NO_REPLY, Flaw.BLANK_LINE, Flaw.CODES_DIFFER, Flaw.MORE_BEHIND, Flaw.LINE_TOO_LONG})
"""Flaws of form that a careful client stumbles over. Lines that end with LF alone are read by all."""
_PLACES = {
    Stage.GREETING: "the connection",
    Stage.MESSAGE: "the message",
    Stage.END_OF_DATA: "the final dot",
    Stage.IDLE: "the message before",
}
_ORDER = tuple(Stage)
"""How far each stage is, as a session goes on."""
_ADDRESS = re.compile(r"TO:\s*(?:<(?:@[^:>]*:)?([^>]*)>|(\S+))", re.IGNORECASE)
"""The address of RCPT without its source route, which is ignored (RFC 5321 F.2); brackets are often left out."""


def read_session(entries: Sequence[Entry], earlier: Sequence[Entry] = ()) -> SessionStory:
    """The story of one session, from its own entries in order; `earlier` are those of deliveries before this one."""
    reading = _Reading(entries[0].server)
    for entry in earlier:
        reading.take(entry.fact)
    if earlier:
        reading.begin_delivery()
    for entry in as_the_client_saw(entries):
        reading.take(entry.fact)
    failure, sentence, stage, reply = reading.end()
    return SessionStory(
        server=entries[0].server,
        first_entry=entries[0].number,
        address=next((it.fact.address for it in (*earlier, *entries) if isinstance(it.fact, ConnectionAccepted)), None),
        failure=failure,
        sentence=sentence,
        stage=stage,
        reply=reply,
        may_be_delivered=reading.reply_was_lost,
        acceptances=tuple(reading.acceptances),
        clear_mail=reading.clear_mail,
        recipients=reading.recipients,
        left_over=bool(earlier) and not reading.began_mail,
    )


_End = tuple[Failure | None, str, str | None, SmtpReply | None]


@dataclass(frozen=True, slots=True)
class _Trouble:
    """An answer that the client did not get past, so far: a refusal, or (without reply) something unreadable."""

    stage: str
    reply: SmtpReply | None
    text: str
    recipient: str | None = None
    unfinished: bool = False
    """It never came to its end."""


class _Reading:
    """What is known after each fact."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.acceptances: list[Acceptance] = []
        self.recipients: dict[str, SmtpReply | None] = {}
        self.clear_mail = False
        self._command: CommandReceived | None = None
        """The last one, QUIT apart."""
        self._hello = "EHLO"
        self._recipient: str | None = None
        self._any_recipient = False
        """Whether RCPT was answered well in the transaction under way."""
        self._taken = False
        """Whether the transaction under way has been accepted."""
        self._owed = True
        """Whether it is the server's turn to answer."""
        self._trouble: _Trouble | None = None
        self._unreadable: _Trouble | None = None
        """The last thing that could not be read and that the client went on after, by the look of it: it may have sent
        ahead what follows (RFC 2920), or have lost step."""
        self._last: EndedByServer | WentSilent | TlsFailed | None = None
        self._problems: tuple[str, ...] = ()
        self._flaws: tuple[str, ...] = ()  # problems, and what a client may take for one
        self._handshaking = False
        self._spoiled: str | None = None
        """What the server sent in place of a handshake, or of a part of it."""
        self._encrypted = False
        self._mail_seen = False
        """In the handshake or after it, where there was one: MAIL under a certificate accepts that certificate."""
        self._greeted = False
        self._offers_starttls: bool | None = None
        self.began_mail = False
        self._asked = True
        """Whether anything was asked in the delivery under way: a reply before that answers an earlier one."""

    def begin_delivery(self) -> None:
        """The client goes on to another delivery. How it was greeted and encrypted stays as it is."""
        self.acceptances, self.recipients, self.clear_mail, self.began_mail = [], {}, False, False
        self._command = self._recipient = self._trouble = self._unreadable = self._last = None
        self._any_recipient = self._taken = self._owed = self._asked = False

    def take(self, fact: Fact) -> None:
        match fact:
            case CommandReceived():
                self._take_command(fact)
            case ReplyBegun():
                self._trouble = _Trouble(fact.stage, None, fact.how, unfinished=fact.how == "byte by byte")
            case ReplySent(flaw=Flaw.UNFINISHED):
                self._trouble = _Trouble(fact.stage, None, fact.text.partition("\n")[0], unfinished=True)
            case ReplySent():
                self._take_reply(fact)
            case MessageAccepted():
                self._take_message(fact)
            case CertificatePresented(problems=problems, doubts=doubts):
                self._problems, self._flaws = problems, (*problems, *doubts)
                self._handshaking, self._mail_seen = True, False
            case HandshakeSpoiled(what=what):
                self._handshaking, self._spoiled = True, self._spoiled or what
            case TlsEstablished():
                self._handshaking, self._encrypted, self._spoiled = False, True, None
                self._offers_starttls = None
            case EndedByServer() | WentSilent() | TlsFailed() if self._last is None:
                self._last = fact
            case _:
                pass

    def _take_command(self, fact: CommandReceived) -> None:
        if fact.stage == Stage.QUIT:
            return
        self._command, self._owed, self._asked = fact, True, True
        if fact.stage == Stage.EHLO:
            self._hello = fact.line.split(" ")[0].upper()
        if fact.stage == Stage.MAIL:
            self._mail_seen, self._taken, self._any_recipient, self.began_mail = True, False, False, True
            self.clear_mail = self.clear_mail or not fact.encrypted
        if fact.stage == Stage.RCPT and (found := _ADDRESS.search(fact.line)) is not None:
            self._recipient = (found[1] or found[2] or "").lower()
            self.recipients[self._recipient] = None

    def _take_reply(self, fact: ReplySent) -> None:
        if fact.stage == Stage.QUIT or (fact.stage != Stage.IDLE and not self._asked):
            return
        self._owed = False
        if fact.stage == Stage.STARTTLS and not fact.encrypted and starts_tls(fact.text):
            self._handshaking, self._mail_seen = True, False
            self._go_on(fact.stage, SmtpReply(220, None, ()))
            return  # what may stand behind it is not to be heeded (RFC 3207 6)
        recipient = self._recipient if fact.stage == Stage.RCPT else None
        try:
            reply = SmtpReply.parse(first_reply(fact.text))
        except ValueError:
            self._trouble = _Trouble(fact.stage, None, fact.text.partition("\n")[0], recipient)
            return
        taken = fact.stage == Stage.END_OF_DATA and fact.flaw in (Flaw.MORE_BEHIND, Flaw.LINE_TOO_LONG)
        if (fact.flaw in _UNREADABLE and not taken) or not _makes_sense(fact.stage, reply):
            self._trouble = _Trouble(fact.stage, None, fact.text, recipient)
            return
        if fact.stage == Stage.GREETING:
            self._greeted = reply.is_positive
        if fact.stage in (Stage.RSET, Stage.OTHER):
            return
        if reply.is_positive and fact.stage == Stage.STARTTLS and not fact.encrypted:
            self._trouble = _Trouble(fact.stage, None, fact.text, recipient)
        elif reply.is_positive:
            self._go_on(fact.stage, reply)
        elif not self._is_echo(fact.stage, reply):
            self._trouble = _Trouble(fact.stage, reply, fact.text, recipient)
        else:
            return
        if recipient is not None:
            self.recipients[recipient] = reply
            self._any_recipient = self._any_recipient or reply.is_positive

    def _go_on(self, stage: str, reply: SmtpReply) -> None:
        """A good reply: it overcomes trouble at an earlier stage, or at its own, but not with another recipient."""
        if stage == Stage.EHLO:
            self._offers_starttls = any(line.strip().upper() == "STARTTLS" for line in reply.lines)
        if stage == Stage.END_OF_DATA and self._taken and reply.code < 300:
            self.acceptances[-1] = replace(self.acceptances[-1], confirmed=True)
        trouble = self._trouble
        if trouble is None or self._turned_away:
            return
        ahead = _ORDER.index(Stage(stage)) - _ORDER.index(Stage(trouble.stage))
        if ahead > 0 or (ahead == 0 and (stage != Stage.RCPT or trouble.recipient == self._recipient)):
            self._trouble, self._unreadable = None, trouble if trouble.reply is None else self._unreadable

    def _is_echo(self, stage: str, reply: SmtpReply) -> bool:
        """Whether a refusal only follows from an earlier one: after it, or to commands sent ahead (RFC 2920 3.1)."""
        if self._trouble is None or stage == Stage.GREETING:
            return False
        no_recipient = self._trouble.stage == Stage.RCPT and stage == Stage.DATA and not self._any_recipient
        return self._turned_away or reply.code == 503 or (no_recipient and reply.code == 554)

    @property
    def _turned_away(self) -> bool:
        """Whether the greeting was a refusal: what is said after it says nothing new (RFC 5321 3.1)."""
        trouble = self._trouble
        return trouble is not None and trouble.stage == Stage.GREETING and trouble.reply is not None

    def _take_message(self, fact: MessageAccepted) -> None:
        self._taken = True
        self.acceptances.append(
            Acceptance(
                recipients=fact.recipients,
                server=self.server,
                encrypted=fact.encrypted,
                confirmed=False,
                certificate_problems=self._problems if fact.encrypted else (),
                digest=fact.digest,
            )
        )

    # -- what it comes to -----------------------------------------------------------------------------------------

    @property
    def reply_was_lost(self) -> bool:
        """Whether the last message was accepted, and the client never heard of it, nor that it was not."""
        refused = self._trouble is not None and self._trouble.stage == Stage.END_OF_DATA and self._trouble.reply
        return self._taken and not self.acceptances[-1].confirmed and not refused

    def end(self) -> _End:
        """Failure, sentence, stage and reply: what ended the session."""
        accepted = (None, f"{self.server} accepted the message", Stage.END_OF_DATA, None)
        if self._taken and self.acceptances[-1].confirmed:
            return accepted
        if self.reply_was_lost:
            sentence = f"{self.server} accepted the message and {self._manner()} before it said so"
            return Failure.CONNECTION_CLOSED, sentence, Stage.END_OF_DATA, None
        found = self._broken_off() or self._troubled() or self._left_end()
        if found[0] is None and any(one.confirmed for one in self.acceptances):
            return accepted  # and then the client began another transaction, and dropped it
        return found

    def _broken_off(self) -> _End | None:
        """What the server's end of the connection shows, unless there is an answer that counts for more."""
        last = self._last
        if isinstance(last, TlsFailed):
            named = last.alert is not None and refused_certificate(last) and self._flaws
            if self._mail_seen or (self._trouble is not None and not named):
                return None  # TLS went on until the client had what it wanted, and then it left
            why = why_tls_failed(last, server=self.server, flaws=self._flaws, spoiled=self._spoiled)
            return *why, Stage.STARTTLS, None
        if last is None or last.stage == Stage.QUIT or self._turned_away:
            return None
        cleaning_up = last.stage in (Stage.RSET, Stage.OTHER)
        if self._trouble is not None and (cleaning_up or not self._owed):
            return None  # a complete reply beats a close that follows it
        return self._silent_end(last.stage) if isinstance(last, WentSilent) else self._closed_end(last)

    def _troubled(self) -> _End | None:
        return self._end_of(self._trouble) if self._trouble is not None else None

    def _end_of(self, trouble: _Trouble) -> _End:
        stage, reply = trouble.stage, trouble.reply
        if reply is not None:
            return self._refused_end(stage, reply)
        if trouble.unfinished:
            sentence = f"{self.server} never came to the end of its answer to {self._at(stage)}"
            late = Failure.CONNECTION_TIMED_OUT if stage == Stage.GREETING else Failure.CONNECTION_CLOSED
            return late, sentence, stage, None
        failure = Failure.CANNOT_CONNECT if stage in _BEFORE_MAIL else Failure.CONNECTION_CLOSED
        wrong = what_is_wrong(stage, trouble.text)
        sentence = f"{self.server} answered {self._at(stage)} with {trouble.text!r}, which {wrong}"
        return failure, sentence, stage, None

    def _manner(self) -> str:
        if self._trouble is not None and self._trouble.stage == Stage.END_OF_DATA:
            return f"answered with {self._trouble.text!r}, which is no reply,"
        match self._last:
            case WentSilent():
                return "fell silent"
            case EndedByServer(how="rst"):
                return "reset the connection"
            case EndedByServer():
                return "closed the connection"
            case _:
                return "was left by the client"

    def _at(self, stage: str) -> str:
        if stage == Stage.EHLO:
            return self._hello
        return _PLACES.get(Stage(stage), stage.upper())

    def _refused_end(self, stage: str, reply: SmtpReply) -> _End:
        if stage == Stage.GREETING:
            sentence = f"{self.server} greeted with {reply}"
        elif stage == Stage.IDLE:
            sentence = f"{self.server} said {reply} on the connection that was kept"
        else:
            sentence = f"{self.server} answered {self._at(stage)} with {reply}"
        failure = Failure.CANNOT_CONNECT if stage in _BEFORE_MAIL else Failure.REMOTE_REPLY
        return failure, sentence, stage, reply

    def _silent_end(self, stage: str) -> _End:
        if self._handshaking:
            return Failure.CONNECTION_CLOSED, f"{self.server} fell silent within the TLS handshake", stage, None
        if stage == Stage.GREETING and not self._greeted:
            sentence = f"{self.server} took the connection and never greeted"
            return Failure.CONNECTION_TIMED_OUT, sentence, stage, None
        if stage == Stage.IDLE:
            return Failure.CONNECTION_CLOSED, f"{self.server} fell silent on the connection that was kept", stage, None
        return Failure.CONNECTION_CLOSED, f"{self.server} never answered {self._at(stage)}", stage, None

    def _closed_end(self, fact: EndedByServer) -> _End:
        did = {"fin": "closed the connection", "rst": "reset the connection", "half-close": "closed its side"}[fact.how]
        if self._handshaking:
            sent = f"sent {self._spoiled} and " if self._spoiled else ""
            return Failure.CANNOT_CONNECT, f"{self.server} {sent}{did} within the TLS handshake", fact.stage, None
        if fact.stage == Stage.MESSAGE:
            sentence = f"{self.server} {did} after {fact.message_bytes} bytes of the message"
        elif not self._owed:
            sentence = f"{self.server} {did} after it had answered {self._at(fact.stage)}"
        elif fact.stage == Stage.GREETING:
            sentence = f"{self.server} {did} without a greeting"
        else:
            sentence = f"{self.server} {did} instead of answering {self._at(fact.stage)}"
        return Failure.CONNECTION_CLOSED, sentence, fact.stage, None

    def _left_end(self) -> _End:
        if self._flaws and not self._mail_seen:
            return *why_tls_was_left(server=self.server, flaws=self._flaws), Stage.STARTTLS, None
        if self._offers_starttls is False and not self._encrypted and not self._mail_seen:
            sentence = f"{self.server} did not offer STARTTLS, and the client left before MAIL"
            return Failure.CANNOT_CONNECT, sentence, Stage.EHLO, None
        if self._handshaking:
            return *why_tls_was_left(server=self.server, spoiled=self._spoiled), Stage.STARTTLS, None
        stage = self._command.stage if self._command is not None else Stage.GREETING
        if self._owed and stage not in (Stage.GREETING, Stage.RSET, Stage.OTHER):
            sentence = f"{self.server} had not answered {self._at(stage)} when the client left"
            return Failure.CONNECTION_CLOSED, sentence, stage, None
        if self._unreadable is not None:
            return self._end_of(self._unreadable)
        sentence = f"the client left {self.server} after {self._at(stage)}, for no reason that can be seen"
        return None, sentence, stage, None


def _makes_sense(stage: str, reply: SmtpReply) -> bool:
    """Whether a reply that is positive has the first digit that its stage calls for (RFC 5321 4.3.2)."""
    if not reply.is_positive or stage in (Stage.RSET, Stage.OTHER, Stage.STARTTLS):
        return True
    return reply.code // 100 == (3 if stage == Stage.DATA else 2)
