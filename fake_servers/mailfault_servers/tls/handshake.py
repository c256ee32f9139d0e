"""What a server that has agreed to STARTTLS asks its faults about, and what it can do besides shaking hands."""

from collections.abc import Sequence
from dataclasses import dataclass

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import Event, Fault


@dataclass(frozen=True, slots=True)
class HandshakeDue(Event):
    """The 220 has been said, and nothing was read of what the client sends for it. Honest: `ShakeHands()`.

    Whatever is done instead is all that this connection sees of TLS.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightLeaving(Event):
    """Bytes of the server's are about to leave within a handshake. Honest: one `Send` of them.

    Flight 1 is ServerHello and, but for a change of the key share, all up to the certificate and beyond (RFC 8446 2).
    """

    number: int
    """From 1."""


@dataclass(frozen=True, slots=True)
class ShakeHands(Action):
    """Go through a real handshake."""


@dataclass(frozen=True, slots=True)
class ReadClientHello(Action):
    """Wait for the first bytes of the client's, and take them in: what is left unread turns a FIN into a RST."""


class FlightFault(Fault):
    """A fault that changes the bytes of the server's first flight."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, FlightLeaving) or event.number != 1:
            return honest
        return [Send(self.change(action.data)) if isinstance(action, Send) else action for action in honest]

    def change(self, flight: bytes) -> bytes:
        """Return the bytes to send in place of `flight`."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it sends")
