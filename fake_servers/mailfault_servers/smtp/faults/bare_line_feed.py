from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.form import FormFault


@fault
class BareLineFeed(FormFault):
    """End the lines of a reply with LF alone, where CRLF is due (RFC 5321 2.3.8).

    Many a home-made server does it. Clients have read such lines for ever, and one that waits for a CR waits in vain:
    the reply is there, and the mail can go.
    """

    def leave(self, reply: bytes) -> Sequence[Action]:
        return (Send(reply.replace(b"\r\n", b"\n")),)
