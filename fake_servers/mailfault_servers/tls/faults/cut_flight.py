from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from mailfault_servers.action import Action, Close, Hang, Reset, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.handshake import FlightLeaving

_ENDS: dict[str, Action] = {"close": Close(close_notify=False), "reset": Reset(), "silent": Hang()}


@fault
class CutFlight(Fault):
    """Send only the beginning of the server's half of the handshake, and then close, reset or say no more.

    Typical of a path that swallows large packets: the ServerHello gets through, the certificate behind it never does
    (RFC 8446 2). The client has half a certificate, or none, and nothing to find fault with in it.
    """

    after: Annotated[int, Field(ge=1)] = 400
    """Bytes that get through. A ServerHello has about 130 bytes, the whole flight about 1500."""
    how: Literal["close", "reset", "silent"] = "close"
    """FIN, RST, or nothing at all."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, FlightLeaving) or event.number != 1:
            return honest
        data = b"".join(action.data for action in honest if isinstance(action, Send))
        return Send(data[: self.after]), _ENDS[self.how]
