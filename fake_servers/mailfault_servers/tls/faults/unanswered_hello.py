from collections.abc import Sequence
from typing import Literal

from mailfault_servers.action import Action, Close, Hang, Reset
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.handshake import HandshakeDue, ReadClientHello

_ENDS: dict[str, Action] = {"close": Close(), "reset": Reset(), "silent": Hang()}


@fault
class UnansweredHello(Fault):
    """Agree to STARTTLS, take the ClientHello, and close, reset or keep the connection without a word.

    A TLS library that crashed, a server out of memory, or a firewall that knows the ClientHello and does not want it.
    No session for mail comes of it (RFC 3207 4.1).
    """

    how: Literal["close", "reset", "silent"] = "close"
    """FIN, RST, or nothing at all."""
    read: bool = True
    """Read the ClientHello first. False: the end comes right behind the 220."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, HandshakeDue):
            return honest
        return (ReadClientHello(), _ENDS[self.how]) if self.read else (_ENDS[self.how],)
