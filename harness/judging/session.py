"""What one connection's part of a journal tells: how far the session got, and what ended it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from fake_servers.journal import (
    CertificatePresented,
    CommandReceived,
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
from harness.judging.diagnosis import Acceptance

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
_ADDRESS = re.compile(r"TO:\s*<([^>]*)>", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStory:
    """One session, read."""

    server: str
    first_entry: int
    failure: Failure | None
    """None: it delivered, or the client left for no visible reason."""
    sentence: str
    stage: str | None = None
    reply: SmtpReply | None = None
    may_be_delivered: bool = False
    acceptances: tuple[Acceptance, ...] = ()
    clear_mail: bool = False
    recipients: dict[str, SmtpReply] = field(default_factory=dict)
    """The last reply to each RCPT."""


def read_session(entries: Sequence[Entry]) -> SessionStory:
    """The story of one session, from its own entries in order."""
    reading = _Reading(entries[0].server)
    for entry in entries:
        reading.take(entry.fact)
    failure, sentence, stage, reply = reading.end()
    return SessionStory(
        server=entries[0].server,
        first_entry=entries[0].number,
        failure=failure,
        sentence=sentence,
        stage=stage,
        reply=reply,
        may_be_delivered=bool(reading.acceptances) and not reading.acceptances[-1].confirmed,
        acceptances=tuple(reading.acceptances),
        clear_mail=reading.clear_mail,
        recipients=reading.recipients,
    )


_End = tuple[Failure | None, str, str | None, SmtpReply | None]


class _Reading:
    """What is known after each fact."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.acceptances: list[Acceptance] = []
        self.recipients: dict[str, SmtpReply] = {}
        self.clear_mail = False
        self._command: CommandReceived | None = None
        self._refusal: tuple[str, SmtpReply] | None = None
        self._unreadable: tuple[str, str] | None = None
        self._last: Fact | None = None
        self._problems: tuple[str, ...] = ()
        self._handshaking = False
        self._encrypted = False
        self._mail_seen = False
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
                self._problems, self._handshaking = problems, True
            case TlsEstablished():
                self._handshaking, self._encrypted = False, True
                self._offers_starttls = None
            case EndedByServer() | WentSilent() | TlsFailed():
                if self._last is None or isinstance(fact, TlsFailed):
                    self._last = fact
            case _:
                pass

    def _take_command(self, fact: CommandReceived) -> None:
        self._command = fact
        if fact.stage == Stage.MAIL:
            self._mail_seen = True
            self.clear_mail = self.clear_mail or not fact.encrypted

    def _take_reply(self, fact: ReplySent) -> None:
        try:
            reply = SmtpReply.parse(fact.text)
        except ValueError:
            self._unreadable = (fact.stage, fact.text.partition("\n")[0])
            return
        if fact.stage == Stage.END_OF_DATA and reply.is_positive and self.acceptances:
            self.acceptances[-1] = _confirmed(self.acceptances[-1])
        if fact.stage == Stage.GREETING:
            self._greeted = reply.is_positive
        if fact.stage == Stage.EHLO and reply.is_positive:
            self._offers_starttls = any(line.strip().upper() == "STARTTLS" for line in reply.lines)
        if fact.stage == Stage.RCPT:
            self._note_recipient(reply)
        if fact.stage in (Stage.QUIT, Stage.RSET, Stage.OTHER):
            return
        if not reply.is_positive:
            if self._greeted or fact.stage == Stage.GREETING:  # after a refusing greeting 503 says nothing new
                self._refusal = (fact.stage, reply)
        elif self._refusal is not None and self._greeted:
            self._refusal = None  # the client found another way and the session went on

    def _note_recipient(self, reply: SmtpReply) -> None:
        found = _ADDRESS.search(self._command.line) if self._command is not None else None
        if found is not None:
            self.recipients[found[1]] = reply

    def _take_message(self, fact: MessageAccepted) -> None:
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

    def end(self) -> _End:
        """Failure, sentence, stage and reply: what ended the session."""
        if self.acceptances and self.acceptances[-1].confirmed:
            return None, f"{self.server} accepted the message", Stage.END_OF_DATA, None
        if self.acceptances:
            sentence = f"{self.server} accepted the message and {self._manner()} before it said so"
            return Failure.CONNECTION_CLOSED, sentence, Stage.END_OF_DATA, None
        if isinstance(self._last, TlsFailed):
            return self._tls_end(self._last)
        if self._refusal is not None:
            return self._refused_end(*self._refusal)
        if self._unreadable is not None:
            stage, text = self._unreadable
            failure = Failure.CANNOT_CONNECT if stage in _BEFORE_MAIL else Failure.CONNECTION_CLOSED
            return failure, f"{self.server} answered {self._at(stage)} with {text!r}, which is no reply", stage, None
        if isinstance(self._last, WentSilent):
            return self._silent_end(self._last.stage)
        if isinstance(self._last, EndedByServer) and self._last.stage != Stage.QUIT:
            return self._closed_end(self._last)
        return self._left_end()

    def _manner(self) -> str:
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
        if stage == Stage.EHLO and self._command is not None:
            return self._command.line.split(" ")[0].upper()
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
        if stage == Stage.GREETING:
            sentence = f"{self.server} took the connection and never greeted"
            return Failure.CONNECTION_TIMED_OUT, sentence, stage, None
        return Failure.CONNECTION_CLOSED, f"{self.server} never answered {self._at(stage)}", stage, None

    def _closed_end(self, fact: EndedByServer) -> _End:
        did = {"fin": "closed the connection", "rst": "reset the connection", "half-close": "closed its side"}[fact.how]
        if self._handshaking:
            return Failure.CANNOT_CONNECT, f"{self.server} {did} within the TLS handshake", fact.stage, None
        if fact.stage == Stage.GREETING:
            return Failure.CONNECTION_CLOSED, f"{self.server} {did} without a greeting", fact.stage, None
        if fact.stage == Stage.MESSAGE:
            sentence = f"{self.server} {did} after {fact.message_bytes} bytes of the message"
            return Failure.CONNECTION_CLOSED, sentence, fact.stage, None
        return (
            Failure.CONNECTION_CLOSED,
            f"{self.server} {did} instead of answering {self._at(fact.stage)}",
            fact.stage,
            None,
        )

    def _left_end(self) -> _End:
        if self._problems and not self._mail_seen:
            sentence = (
                f"{self.server} presented a certificate that is {_listed(self._problems)}; the client left upon it"
            )
            return Failure.CERTIFICATE_INVALID, sentence, Stage.STARTTLS, None
        if self._offers_starttls is False and not self._encrypted and not self._mail_seen:
            sentence = f"{self.server} did not offer STARTTLS, and the client left before MAIL"
            return Failure.CANNOT_CONNECT, sentence, Stage.EHLO, None
        stage = self._command.stage if self._command is not None else Stage.GREETING
        return (
            None,
            f"the client left {self.server} after {self._at(stage)}, for no reason that can be seen",
            stage,
            None,
        )


def _listed(problems: tuple[str, ...]) -> str:
    return " and ".join(problems)


def _confirmed(acceptance: Acceptance) -> Acceptance:
    return Acceptance(
        recipients=acceptance.recipients,
        server=acceptance.server,
        encrypted=acceptance.encrypted,
        confirmed=True,
        certificate_problems=acceptance.certificate_problems,
        digest=acceptance.digest,
    )
