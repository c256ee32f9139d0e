"""Events and actions of a TLS handshake, and the base of faults of its first flight."""

from collections.abc import Sequence
from dataclasses import dataclass

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import Event, Fault


@dataclass(frozen=True, slots=True)
class HandshakeDue(Event):
    """The 220 was sent, and the ClientHello is not yet read. Honest: `ShakeHands()`.

    Actions in its place are all that this connection sees of TLS.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightLeaving(Event):
    """Bytes of the server are about to leave within a handshake. Honest: one `Send` of them.

    Flight 1 has the ServerHello and, unless the key share changes, everything up to Finished (RFC 8446 2).
    """

    number: int
    """Number of the flight, from 1."""


@dataclass(frozen=True, slots=True)
class ShakeHands(Action):
    """Run a real handshake."""


@dataclass(frozen=True, slots=True)
class ReadClientHello(Action):
    """Wait for the client's first bytes and read them: unread bytes would turn a FIN into a RST."""


class FlightFault(Fault):
    """A fault that changes the bytes of the server's first flight."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, FlightLeaving) or event.number != 1:
            return honest
        return [Send(self.change(action.data)) if isinstance(action, Send) else action for action in honest]

    def change(self, flight: bytes) -> bytes:
        """Return the bytes to send in place of `flight`."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it sends")
