from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.form import FormFault


@fault
class RewordedReply(FormFault):
    """Do what was asked, and say so with other words or another code of the same meaning (RFC 5321 4.3.2).

    Clients go by the first digit: 251 is as good as 250. Nothing hangs on the words.
    """

    reply: str = "251 2.1.5 User not local; will forward"
    """The whole reply, one line."""

    def leave(self, reply: bytes) -> Sequence[Action]:
        return (Send(self.reply.encode() + b"\r\n"),)
