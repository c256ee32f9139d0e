from collections.abc import Sequence

from mailfault_servers.action import Action, Close, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.handshake import HandshakeDue, ReadClientHello


@fault
class Plaintext(Fault):
    """Agree to STARTTLS, and go on in clear: answer the ClientHello as if it were a command.

    A proxy that passes on the 220 of the server behind it, and knows no TLS. What it says is no TLS record (RFC 8446
    5.1), so the handshake fails; it is no reply to anything that the client asked.
    """

    line: str = "500 5.5.2 Error: bad syntax"
    """The line that is sent, without its line end."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, HandshakeDue):
            return honest
        return ReadClientHello(), Send(self.line.encode() + b"\r\n"), Close()
