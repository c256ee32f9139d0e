from collections.abc import Sequence

from mailfault_servers.action import Action
from mailfault_servers.fault import fault
from mailfault_servers.smtp.form import FormFault
from mailfault_servers.smtp.reply_text import ReplyText, send_reply


@fault
class RewordedReply(FormFault):
    """Do what was asked, and say so with other words or another code of the same meaning (RFC 5321 4.3.2).

    Clients go by the first digit: 251 is as good as 250. Nothing hangs on the words. With a
    4xx or 5xx it is a server that does what was asked and says that it did not.
    """

    reply: ReplyText = "251 2.1.5 User not local; will forward"
    """The whole reply; several lines joined by newlines."""

    def leave(self, reply: bytes) -> Sequence[Action]:
        return (send_reply(self.reply),)
