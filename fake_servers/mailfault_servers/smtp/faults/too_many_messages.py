from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from mailfault_servers.action import Action, Close
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import CommandArrived
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.reply_text import RefusalText, send_reply
from mailfault_servers.smtp.stage_fault import SmtpFault


@fault
class TooManyMessages(SmtpFault):
    """Take so many messages in one connection, answer the next MAIL with 421 and close.

    Servers limit it so that load spreads over their hosts (Exim: smtp_accept_max_per_connection). The 421 ends the
    connection, it judges no message (RFC 5321 3.8): a right client goes on in a new one.
    """

    allowed: Annotated[int, Field(ge=1)] = 1
    """Number of messages that a connection may bring."""
    reply: RefusalText = "421 4.7.0 Too many messages in this connection"
    """The reply to the MAIL after them."""
    optional: bool = True
    """A client that keeps no connection never meets it."""

    def on_command(self, event: CommandArrived, honest: Sequence[Action]) -> Sequence[Action]:
        is_full = event.stage is Stage.MAIL and event.accepted >= self.allowed
        return (send_reply(self.reply), Close()) if is_full else honest
