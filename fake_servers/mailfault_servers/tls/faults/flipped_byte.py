from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.handshake import FlightLeaving


@fault
class FlippedByte(Fault):
    """Change the last byte of the server's half of the handshake on its way.

    Bad memory in a router, or somebody who tampers. TLS notices (bad_record_mac or decode_error, RFC 8446 6.2), and
    that is what it is for. No statement about the certificate is in it: nothing that arrived can be relied on.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, FlightLeaving) or event.number != 1:
            return honest
        return [Send(one.data[:-1] + bytes([one.data[-1] ^ 1])) if isinstance(one, Send) else one for one in honest]
