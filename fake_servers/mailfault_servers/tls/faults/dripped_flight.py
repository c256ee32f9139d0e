from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from mailfault_servers.action import Action, Send, Wait
from mailfault_servers.fault import Event, Fault, Seconds, fault
from mailfault_servers.tls.handshake import FlightLeaving


@fault
class DrippedFlight(Fault):
    """Send the server's half of the handshake in tiny segments.

    TCP promises the order of bytes and nothing about their grouping (RFC 9293 3.8), and a TLS record may come in any
    number of pieces. Where they come fast enough the handshake is as good as any; where they drip for longer than the
    client's limit, the limit has to end it, though something was always coming.
    """

    size: Annotated[int, Field(ge=1)] = 1
    """Bytes in each segment."""
    every: Seconds = 0.0
    """Time between two segments."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, FlightLeaving) or event.number != 1:
            return honest
        data = b"".join(action.data for action in honest if isinstance(action, Send))
        segments = [Send(data[at : at + self.size]) for at in range(0, len(data), self.size)]
        if not self.every:
            return segments
        return [step for segment in segments for step in (segment, Wait(self.every))]
