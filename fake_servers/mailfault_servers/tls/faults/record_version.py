from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.handshake import FlightLeaving
from mailfault_servers.tls.record import with_version


@fault
class RecordVersion(Fault):
    """Mark the first TLS record with a version that there is not: 9.9.

    RFC 8446 5.1 would have it ignored, and Go does; OpenSSL and GnuTLS take such a record for no TLS at all.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, FlightLeaving) or event.number != 1:
            return honest
        return [Send(with_version(one.data, 0x0909)) if isinstance(one, Send) else one for one in honest]
