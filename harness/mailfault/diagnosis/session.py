"""Sessions: one connection's part in a delivery, read to its end. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mailfault.codes.failure import Failure
from mailfault.diagnosis.connections import Connection
from mailfault.diagnosis.diagnosis import Acceptance, Diagnosis, Grade
from mailfault.diagnosis.endings import session_end
from mailfault.diagnosis.replay import advance, replay
from mailfault_servers.facts import MessageGiven
from mailfault_servers.smtp.reply import SmtpReply


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session, and its end."""

    server: str
    first_entry: int
    failure: Failure | None
    """None if it delivered, or the client left for no visible reason."""
    sentence: str
    address: str | None = None
    """The host's address that the connection was made to."""
    stage: str | None = None
    reply: SmtpReply | None = None
    code: str | None = None
    """The article's code, if it has several for one failure."""
    breach: str | None = None
    """Why the domain's policy forbade what was accepted."""
    is_punished: bool = False
    """True if the reply punishes a rule that the client broke."""
    may_be_delivered: bool = False
    acceptances: tuple[Acceptance, ...] = ()
    sent_in_clear: bool = False
    """True if MAIL was sent without TLS."""
    recipients: Mapping[str, SmtpReply | None] = field(default_factory=dict)
    """The last reply to each RCPT, by address in lower case; None if it was not answered."""
    is_left_over: bool = False
    """True if the connection was kept from an earlier delivery, and this message was not begun on it."""

    @property
    def is_final(self) -> bool:
        """True if a right client tries no other host after it: accepted, perhaps accepted, or refused for good."""
        if any(reply is not None and 400 <= reply.code < 500 for reply in self.recipients.values()):
            return False
        refused = self.failure is Failure.REMOTE_REPLY and self.reply is not None and self.reply.code >= 500
        return refused or bool(self.acceptances)

    @property
    def is_confirmed(self) -> bool:
        """True if the client was told of any acceptance."""
        return any(acceptance.confirmed for acceptance in self.acceptances)

    def diagnosis(self, addresses: Mapping[str, str]) -> Diagnosis:
        """Diagnose this session alone; `addresses` are by name of host."""
        return Diagnosis(
            failure=self.failure,
            delivered=self.is_confirmed and self.failure is None,
            happened=self.is_confirmed or self.failure is not None,
            grade=Grade.WITNESSED,
            sentence=self.sentence,
            server=self.server,
            address=self.address or addresses.get(self.server),
            stage=self.stage,
            reply=self.reply,
            code=self.code,
            is_punished=self.is_punished,
            may_be_delivered=self.may_be_delivered,
        )


def read_session(connection: Connection, given: MessageGiven | None = None) -> Session:
    """Replay one connection's part in the delivery of `given`, and find what ended it. Policies have no say here."""
    state = replay(connection)
    if given is not None:
        state = advance(state, given)
    end = session_end(state)
    return Session(
        server=connection.server,
        first_entry=connection.first_entry,
        address=connection.address,
        failure=end.failure,
        sentence=end.sentence,
        stage=end.stage,
        reply=end.reply,
        code=end.code,
        is_punished=state.obstacle is not None and state.obstacle.breach is not None and end.reply is not None,
        may_be_delivered=state.lost_reply,
        acceptances=state.mail.acceptances,
        sent_in_clear=state.mail.sent_in_clear,
        recipients=state.mail.recipients,
        is_left_over=bool(connection.earlier) and not state.mail.has_begun,
    )
