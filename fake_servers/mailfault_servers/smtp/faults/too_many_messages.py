from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from mailfault_servers.action import Action, Close, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.smtp.event import CommandArrived
from mailfault_servers.smtp.reply import SmtpReply, Stage
from mailfault_servers.smtp.reply_text import ReplyText


@fault
class TooManyMessages(Fault):
    """Take so many messages in one connection, answer the next MAIL with 421 and close.

    Servers limit it so that load spreads over their hosts (Exim: smtp_accept_max_per_connection). The 421 ends the
    connection, it judges no message (RFC 5321 3.8): a right client goes on in a new one.
    """

    allowed: Annotated[int, Field(ge=1)] = 1
    """How many messages a connection may bring."""
    reply: ReplyText = "421 4.7.0 Too many messages in this connection"
    """What MAIL is answered with after them."""
    optional: bool = True
    """A client that keeps no connection never meets it."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if isinstance(event, CommandArrived) and event.stage is Stage.MAIL and event.accepted >= self.allowed:
            return (Send(SmtpReply.parse(self.reply).wire()), Close())
        return honest
