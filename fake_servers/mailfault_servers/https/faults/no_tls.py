from collections.abc import Sequence

from mailfault_servers.action import Action, Close, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.https.event import Connected

_ANSWER = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@fault
class NoTls(Fault):
    """Speak HTTP without TLS on the port of HTTPS.

    The web server was set up without its certificate. A policy that does not come over TLS is none (RFC 8461 3.3),
    and a client must not look for it on the port of HTTP.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        return (Send(_ANSWER), Close()) if isinstance(event, Connected) else honest
