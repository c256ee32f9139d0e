from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import CommandArrived, ReplyReady
from mailfault_servers.smtp.masking import with_size
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import SmtpFault, change_replies

_TOO_BIG = Send(b"552 5.3.4 Message size exceeds fixed limit\r\n")


@fault
class SizeLimit(SmtpFault):
    """Announce a small SIZE at EHLO, and refuse what is bigger (RFC 1870 6).

    A client that reads the announcement need not even ask: it returns the message at once, as too big for this host.
    One that asks is refused at MAIL, or at the latest after the final dot.
    """

    limit: Annotated[int, Field(ge=1)] = 1000
    """Octets that a message may have."""

    def on_reply(self, event: ReplyReady, honest: Sequence[Action]) -> Sequence[Action]:
        if event.stage is not Stage.EHLO:
            return honest
        return change_replies(honest, lambda reply: with_size(reply, self.limit))

    def on_command(self, event: CommandArrived, honest: Sequence[Action]) -> Sequence[Action]:
        is_announced = event.stage is Stage.MAIL and "SIZE=" in event.line.upper()
        return (_TOO_BIG,) if is_announced or event.stage is Stage.END_OF_DATA else honest
