from collections.abc import Sequence

from mailfault_servers.action import Action, Close, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.smtp.reply import SmtpReply
from mailfault_servers.smtp.reply_text import ReplyText
from mailfault_servers.tcp.event import Idle


@fault
class Idle421(Fault):
    """Say 421 and close a connection that the client keeps, before its next delivery begins.

    Nothing was asked when the 421 came, so it answers nothing: it is no word about the message before, which was
    accepted, nor about the next one, which was not sent. A right client connects anew (RFC 5321 3.8). A client that
    takes the 421 for the answer to its next MAIL, or the 250 of one message for that of another, has lost its place.
    """

    reply: ReplyText = "421 4.4.2 Idle for too long"
    """What is said before the connection is closed."""
    optional: bool = True
    """A client that keeps no connection never meets it."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        return (Send(SmtpReply.parse(self.reply).wire()), Close()) if isinstance(event, Idle) else honest
