from collections.abc import Sequence

from mailfault_servers.action import Action, Close, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.handshake import HandshakeDue, ReadClientHello

_RESPONSE = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
    b"The plain HTTP request was sent to HTTPS port\r\n"
)


@fault
class Http(Fault):
    """Agree to STARTTLS, and answer the ClientHello with an HTTP error, as a TLS proxy in front of a web server does.

    The 400 is no SMTP reply: it comes where a handshake was agreed on, and says nothing about the message (RFC 8446
    5.1).
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        return (ReadClientHello(), Send(_RESPONSE), Close()) if isinstance(event, HandshakeDue) else honest
