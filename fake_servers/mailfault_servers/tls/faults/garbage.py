from collections.abc import Sequence

from mailfault_servers.action import Action, Close, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.handshake import HandshakeDue, ReadClientHello

_NOISE = bytes((37 * n + 129) % 256 for n in range(96))


@fault
class Garbage(Fault):
    """Agree to STARTTLS, answer the ClientHello with bytes that mean nothing, and close.

    A broken middlebox, or a server that speaks something else. There is no TLS record in it (RFC 8446 5.1).
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        return (ReadClientHello(), Send(_NOISE), Close()) if isinstance(event, HandshakeDue) else honest
