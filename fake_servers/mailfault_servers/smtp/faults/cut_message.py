from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from mailfault_servers.action import Action, Close, Hang, Reset
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.smtp.event import MessageArriving


@fault
class CutMessage(Fault):
    """End the connection in the middle of the message text.

    The final dot was never sent, so the server surely did not accept the message (RFC 5321 4.1.1.4), and trying again
    makes no second copy.
    """

    after_bytes: Annotated[int, Field(ge=1)] = 1
    """The line of the message in which this byte stands is the last that is read."""
    how: Literal["close", "reset", "silent"] = "close"
    """FIN, RST, or an open connection on which nothing is read or said any more."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, MessageArriving) or event.received_bytes < self.after_bytes:
            return honest
        endings: dict[str, Action] = {"close": Close(), "reset": Reset(), "silent": Hang()}
        return (endings[self.how],)
