"""What one connection's part of a journal tells: how far the session got, and what ended it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from fake_servers.journal import (
    CertificatePresented,
    CommandReceived,
    ConnectionAccepted,
    EndedByServer,
    Entry,
    Fact,
    MessageAccepted,
    ReplySent,
    TlsEstablished,
    TlsFailed,
    WentSilent,
)
from fake_servers.smtp.reply import SmtpReply, Stage
from harness.codes.failure import Failure
from harness.judging.diagnosis import Acceptance, Diagnosis, Grade
from harness.judging.link import as_the_client_saw

_BEFORE_MAIL = frozenset({Stage.GREETING, Stage.EHLO, Stage.STARTTLS})
_ABOUT_CERTIFICATES = frozenset(
    {
        None,
        "bad certificate",
        "unsupported certificate",
        "certificate revoked",
        "certificate expired",
        "certificate unknown",
        "unknown ca",
    }
)
"""Alerts by which a client refuses a certificate (RFC 8446 6.2); None: it went without a word."""
_PLACES = {
    Stage.GREETING: "the connection",
    Stage.MESSAGE: "the message",
    Stage.END_OF_DATA: "the final dot",
}
_ORDER = tuple(Stage)
"""How far each stage is, as a session goes on."""
_ADDRESS = re.compile(r"TO:\s*(?:<(?:@[^:>]*:)?([^>]*)>|(\S+))", re.IGNORECASE)
"""The address of RCPT without its source route, which is ignored (RFC 5321 F.2); brackets are often left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStory:
    """One session, read."""

    server: str
    first_entry: int
    failure: Failure | None
    """None: it delivered, or the client left for no visible reason."""
    sentence: str
    address: str | None = None
    """The host's address that the connection was made to."""
    stage: str | None = None
    reply: SmtpReply | None = None
    may_be_delivered: bool = False
    acceptances: tuple[Acceptance, ...] = ()
    clear_mail: bool = False
    recipients: dict[str, SmtpReply | None] = field(default_factory=dict)
    """The last reply to each RCPT, by the address in lower case; None: it was not answered."""

    @property
    def is_final(self) -> bool:
        """Whether a right client tries no other host after it: taken, perhaps taken, or refused for good."""
        if any(reply is not None and 400 <= reply.code < 500 for reply in self.recipients.values()):
            return False
        refused = self.failure is Failure.REMOTE_REPLY and self.reply is not None and self.reply.code >= 500
        return refused or bool(self.acceptances)

    def diagnosis(self, addresses: Mapping[str, str]) -> Diagnosis:
        """What this session alone comes to; `addresses` by name of host."""
        accepted = any(one.confirmed for one in self.acceptances)
        return Diagnosis(
            failure=self.failure,
            delivered=accepted and self.failure is None,
            happened=accepted or self.failure is not None,
            grade=Grade.WITNESSED,
            sentence=self.sentence,
            server=self.server,
            address=self.address or addresses.get(self.server),
            stage=self.stage,
            reply=self.reply,
            may_be_delivered=self.may_be_delivered,
        )


def read_session(entries: Sequence[Entry]) -> SessionStory:
    """The story of one session, from its own entries in order."""
    reading = _Reading(entries[0].server)
    for entry in as_the_client_saw(entries):
        reading.take(entry.fact)
    failure, sentence, stage, reply = reading.end()
    return SessionStory(
        server=entries[0].server,
        first_entry=entries[0].number,
        address=next((one.fact.address for one in entries if isinstance(one.fact, ConnectionAccepted)), None),
        failure=failure,
        sentence=sentence,
        stage=stage,
        reply=reply,
        may_be_delivered=reading.reply_was_lost,
        acceptances=tuple(reading.acceptances),
        clear_mail=reading.clear_mail,
        recipients=reading.recipients,
    )


_End = tuple[Failure | None, str, str | None, SmtpReply | None]


@dataclass(frozen=True, slots=True)
class _Trouble:
    """An answer that the client did not get past, so far: a refusal, or (without reply) something unreadable."""

    stage: str
    reply: SmtpReply | None
    text: str
    recipient: str | None = None


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
        self._last: EndedByServer | WentSilent | TlsFailed | None = None
        self._problems: tuple[str, ...] = ()
        self._handshaking = False
        self._encrypted = False
        self._mail_seen = False
        """In the handshake or after it, where there was one: MAIL under a certificate accepts that certificate."""
        self._greeted = False
        self._offers_starttls: bool | None = None

    def take(self, fact: Fact) -> None:
        match fact:
            case CommandReceived():
                self._take_command(fact)
            case ReplySent():
                self._take_reply(fact)
            case MessageAccepted():
                self._take_message(fact)
            case CertificatePresented(problems=problems):
                self._problems, self._handshaking, self._mail_seen = problems, True, False
            case TlsEstablished():
                self._handshaking, self._encrypted = False, True
                self._offers_starttls = None
            case EndedByServer() | WentSilent() | TlsFailed() if self._last is None:
                self._last = fact
            case _:
                pass

    def _take_command(self, fact: CommandReceived) -> None:
        if fact.stage == Stage.QUIT:
            return
        self._command, self._owed = fact, True
        if fact.stage == Stage.EHLO:
            self._hello = fact.line.split(" ")[0].upper()
        if fact.stage == Stage.MAIL:
            self._mail_seen, self._taken, self._any_recipient = True, False, False
            self.clear_mail = self.clear_mail or not fact.encrypted
        if fact.stage == Stage.RCPT and (found := _ADDRESS.search(fact.line)) is not None:
            self._recipient = (found[1] or found[2] or "").lower()
            self.recipients[self._recipient] = None

    def _take_reply(self, fact: ReplySent) -> None:
        if fact.stage == Stage.QUIT:
            return
        self._owed = False
        recipient = self._recipient if fact.stage == Stage.RCPT else None
        try:
            reply = SmtpReply.parse(fact.text)
        except ValueError:
            self._trouble = _Trouble(fact.stage, None, fact.text.partition("\n")[0], recipient)
            return
        if fact.stage == Stage.GREETING:
            self._greeted = reply.is_positive
        if fact.stage in (Stage.RSET, Stage.OTHER):
            return
        if reply.is_positive:
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
            self._trouble = None

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
            named = last.alert is not None and last.alert in _ABOUT_CERTIFICATES and self._problems
            if self._mail_seen or (self._trouble is not None and not named):
                return None  # TLS went on until the client had what it wanted, and then it left
            return self._tls_end(last)
        if last is None or last.stage == Stage.QUIT or self._turned_away:
            return None
        cleaning_up = last.stage in (Stage.RSET, Stage.OTHER)
        if self._trouble is not None and (cleaning_up or not self._owed):
            return None  # a complete reply beats a close that follows it
        return self._silent_end(last.stage) if isinstance(last, WentSilent) else self._closed_end(last)

    def _troubled(self) -> _End | None:
        if self._trouble is None:
            return None
        stage, reply = self._trouble.stage, self._trouble.reply
        if reply is not None:
            return self._refused_end(stage, reply)
        failure = Failure.CANNOT_CONNECT if stage in _BEFORE_MAIL else Failure.CONNECTION_CLOSED
        sentence = f"{self.server} answered {self._at(stage)} with {self._trouble.text!r}, which is no reply"
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
        else:
            sentence = f"{self.server} answered {self._at(stage)} with {reply}"
        failure = Failure.CANNOT_CONNECT if stage in _BEFORE_MAIL else Failure.REMOTE_REPLY
        return failure, sentence, stage, reply

    def _tls_end(self, fact: TlsFailed) -> _End:
        if self._problems and fact.alert in _ABOUT_CERTIFICATES:
            how = f"by the alert {fact.alert!r}" if fact.alert else "by leaving"
            sentence = (
                f"{self.server} presented a certificate that is {_listed(self._problems)}; the client refused it {how}"
            )
            return Failure.CERTIFICATE_INVALID, sentence, Stage.STARTTLS, None
        sentence = f"the TLS handshake with {self.server} failed: {fact.reason}"
        return Failure.CANNOT_CONNECT, sentence, Stage.STARTTLS, None

    def _silent_end(self, stage: str) -> _End:
        if self._handshaking:
            return Failure.CONNECTION_CLOSED, f"{self.server} fell silent within the TLS handshake", stage, None
        if stage == Stage.GREETING and not self._greeted:
            sentence = f"{self.server} took the connection and never greeted"
            return Failure.CONNECTION_TIMED_OUT, sentence, stage, None
        return Failure.CONNECTION_CLOSED, f"{self.server} never answered {self._at(stage)}", stage, None

    def _closed_end(self, fact: EndedByServer) -> _End:
        did = {"fin": "closed the connection", "rst": "reset the connection", "half-close": "closed its side"}[fact.how]
        if self._handshaking:
            return Failure.CANNOT_CONNECT, f"{self.server} {did} within the TLS handshake", fact.stage, None
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
        if self._problems and not self._mail_seen:
            sentence = (
                f"{self.server} presented a certificate that is {_listed(self._problems)}; the client left upon it"
            )
            return Failure.CERTIFICATE_INVALID, sentence, Stage.STARTTLS, None
        if self._offers_starttls is False and not self._encrypted and not self._mail_seen:
            sentence = f"{self.server} did not offer STARTTLS, and the client left before MAIL"
            return Failure.CANNOT_CONNECT, sentence, Stage.EHLO, None
        if self._handshaking:
            sentence = f"the client left {self.server} within the TLS handshake, though the certificate is good"
            return Failure.CANNOT_CONNECT, sentence, Stage.STARTTLS, None
        stage = self._command.stage if self._command is not None else Stage.GREETING
        return (
            None,
            f"the client left {self.server} after {self._at(stage)}, for no reason that can be seen",
            stage,
            None,
        )


def _listed(problems: tuple[str, ...]) -> str:
    return " and ".join(problems)
