from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.handshake import FlightLeaving
from mailfault_servers.tls.record import with_length


@fault
class RecordTooLong(Fault):
    """Say of the first TLS record that it has 65535 bytes; 16384 are the most that there may be (RFC 8446 5.1).

    A client must answer record_overflow and be gone. One that waits for the rest waits until its limit.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, FlightLeaving) or event.number != 1:
            return honest
        return [Send(with_length(one.data, 0xFFFF)) if isinstance(one, Send) else one for one in honest]
