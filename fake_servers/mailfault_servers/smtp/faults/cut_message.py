from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.smtp.event import DataArrived
from mailfault_servers.smtp.stage_fault import ENDINGS


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
        if not isinstance(event, DataArrived) or event.received_bytes < self.after_bytes:
            return honest
        return (ENDINGS[self.how],)
