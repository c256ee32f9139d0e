from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.form import FormFault
from mailfault_servers.smtp.reply import SmtpReply
from mailfault_servers.smtp.reply_text import ReplyText


@fault
class SecondReply(FormFault):
    """Say two replies where one is due, both at once (RFC 5321 4.3.1).

    The client that does not notice reads the second as the answer to its next question, and every later one is an
    answer to the question before. So mail is called delivered that was refused.
    """

    more: ReplyText = "250 2.0.0 OK"
    """The reply that nobody asked for."""

    def leave(self, reply: bytes) -> Sequence[Action]:
        return (Send(reply + SmtpReply.parse(self.more).wire()),)
