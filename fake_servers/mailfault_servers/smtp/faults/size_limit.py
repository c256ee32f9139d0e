from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.smtp.event import CommandArrived, ReplyReady
from mailfault_servers.smtp.masking import with_size
from mailfault_servers.smtp.reply import Stage

_TOO_BIG = Send(b"552 5.3.4 Message size exceeds fixed limit\r\n")


@fault
class SizeLimit(Fault):
    """Announce a small SIZE at EHLO, and refuse what is bigger (RFC 1870 6).

    A client that reads the announcement need not even ask: it returns the message at once, as too big for this host.
    One that asks is refused at MAIL, or at the latest after the final dot.
    """

    limit: Annotated[int, Field(ge=1)] = 1000
    """Octets that a message may have."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if isinstance(event, ReplyReady) and event.stage is Stage.EHLO:
            return [Send(with_size(one.data, self.limit)) if isinstance(one, Send) else one for one in honest]
        if isinstance(event, CommandArrived) and event.stage is Stage.MAIL and "SIZE=" in event.line.upper():
            return (_TOO_BIG,)
        if isinstance(event, CommandArrived) and event.stage is Stage.END_OF_DATA:
            return (_TOO_BIG,)
        return honest
