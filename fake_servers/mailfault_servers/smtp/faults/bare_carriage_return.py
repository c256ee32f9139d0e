from collections.abc import Sequence

from mailfault_servers.action import Action, Hang, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.form import FormFault


@fault
class BareCarriageReturn(FormFault):
    """End the lines of a reply with CR alone, and wait (RFC 5321 2.3.8).

    No line ever ends, so nothing has been said: a client that takes CR for a line end reads what others do not.
    """

    def leave(self, reply: bytes) -> Sequence[Action]:
        return (Send(reply.replace(b"\r\n", b"\r")), Hang())
