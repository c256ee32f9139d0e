from collections.abc import Sequence

from mailfault_servers.action import Action, AwaitNextDelivery, Proceed, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.smtp.event import CommandArrived, ReplyReady
from mailfault_servers.smtp.reply import SmtpReply, Stage
from mailfault_servers.smtp.reply_text import ReplyText


@fault
class OverdueReply(Fault):
    """Answer one stage only when the client has given up and is about to begin its next delivery.

    A right client closes a connection on which it has given up an answer: whatever comes there later answers a question
    of old (RFC 5321 4.5.3.2). A client that keeps it reads the late reply as the answer to its next command, and every
    reply after that one too early: it calls mail delivered that was refused, or refused that was delivered.
    """

    at: Stage = Stage.END_OF_DATA
    """The stage whose reply is late."""
    reply: ReplyText | None = None
    """What is answered at last, in place of doing what was asked. Absent: what an honest server says."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if self.reply is None and isinstance(event, ReplyReady) and event.stage is self.at:
            return (AwaitNextDelivery(), *honest)
        if (
            self.reply is not None
            and isinstance(event, CommandArrived)
            and event.stage is self.at
            and Proceed() in honest
        ):
            return (AwaitNextDelivery(), Send(SmtpReply.parse(self.reply).wire()))
        return honest
