from mailfault_servers.fault import fault
from mailfault_servers.tls.handshake import FlightFault
from mailfault_servers.tls.record import with_version


@fault
class RecordVersion(FlightFault):
    """Mark the first TLS record with a version that there is not: 9.9.

    RFC 8446 5.1 would have it ignored, and Go does; OpenSSL and GnuTLS take such a record for no TLS at all.
    """

    def change(self, flight: bytes) -> bytes:
        return with_version(flight, 0x0909)
