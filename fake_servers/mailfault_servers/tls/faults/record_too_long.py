from mailfault_servers.fault import fault
from mailfault_servers.tls.handshake import FlightFault
from mailfault_servers.tls.record import with_length


@fault
class RecordTooLong(FlightFault):
    """Say of the first TLS record that it has 65535 bytes; 16384 are the most that there may be (RFC 8446 5.1).

    A client must answer record_overflow and be gone. One that waits for the rest waits until its limit.
    """

    def change(self, flight: bytes) -> bytes:
        return with_length(flight, 0xFFFF)
