"""One session, read: what it came to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mailfault.codes.failure import Failure
from mailfault.diagnosis.diagnosis import Acceptance, Diagnosis, Grade
from mailfault_servers.smtp.reply import SmtpReply


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
    code: str | None = None
    """The article's code, where it has several for one failure."""
    breach: str | None = None
    """Why the domain's policy forbade what was accepted."""
    may_be_delivered: bool = False
    acceptances: tuple[Acceptance, ...] = ()
    clear_mail: bool = False
    recipients: dict[str, SmtpReply | None] = field(default_factory=dict)
    """The last reply to each RCPT, by the address in lower case; None: it was not answered."""
    left_over: bool = False
    """The connection was kept from an earlier delivery, and this message was not begun on it."""

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
            code=self.code,
            may_be_delivered=self.may_be_delivered,
        )
