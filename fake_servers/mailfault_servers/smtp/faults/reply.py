from collections.abc import Sequence
from typing import Literal, Self

from pydantic import model_validator

from mailfault_servers.action import Action, Close, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import CommandArrived
from mailfault_servers.smtp.reply import SmtpReply, Stage
from mailfault_servers.smtp.reply_text import ReplyText, check_not_done, send_reply
from mailfault_servers.smtp.stage_fault import SmtpFault

_OUT_OF_SEQUENCE = Send(b"503 5.5.1 No service here, only QUIT\r\n")


@fault
class Reply(SmtpFault):
    """Answer one SMTP stage with a chosen reply, and do nothing of what was asked (RFC 5321 4.2).

    A 421 says that the service is going away: the message itself was not judged, so a client that bounces it has
    mistaken "this connection is over" for "this message is refused". A 4xx at MAIL or later is the remote's own word
    for "not now", a 5xx for "never"; both are to be passed on as they were said. A positive reply is allowed
    only where it answers another question (354 to RCPT, 250 to DATA); `smtp.reworded-reply` does what was asked and
    says so.
    """

    at: Stage = Stage.GREETING
    """The stage that is answered so."""
    reply: ReplyText
    """The whole reply, "421 4.3.2 Service not available"; several lines joined by newlines."""
    then: Literal["continue", "close"] | None = None
    """Close the session after it, or go on. Absent: 421 closes (RFC 5321 3.8), anything else goes on."""
    recipient: str | None = None
    """Only for this recipient (at = "rcpt"). Absent: for all."""

    @model_validator(mode="after")
    def _check_sense(self) -> Self:
        check_not_done(self.reply, self.at)
        if self.recipient is not None and self.at is not Stage.RCPT:
            raise ValueError(f"'recipient' belongs to at = \"rcpt\", and only to it; this is at {str(self.at)!r}")
        return self

    def on_command(self, event: CommandArrived, honest: Sequence[Action]) -> Sequence[Action]:
        if event.greeting_refused and self.at is Stage.GREETING and event.stage not in (Stage.GREETING, Stage.QUIT):
            return (_OUT_OF_SEQUENCE,)  # RFC 5321 3.1: after a refusing greeting, 503 to everything but QUIT
        if event.stage is not self.at or not self._concerns(event.line):
            return honest
        closes = self.then == "close" or (self.then is None and SmtpReply.parse(self.reply).code == 421)
        return (send_reply(self.reply), Close()) if closes else (send_reply(self.reply),)

    def _concerns(self, line: str) -> bool:
        return self.recipient is None or f"<{self.recipient}>".lower() in line.lower()
