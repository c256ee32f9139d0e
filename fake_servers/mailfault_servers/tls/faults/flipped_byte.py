from mailfault_servers.fault import fault
from mailfault_servers.tls.handshake import FlightFault


@fault
class FlippedByte(FlightFault):
    """Change the last byte of the server's half of the handshake on its way.

    Bad memory in a router, or somebody who tampers. TLS notices (bad_record_mac or decode_error, RFC 8446 6.2), and
    that is what it is for. No statement about the certificate is in it: nothing that arrived can be relied on.
    """

    def change(self, flight: bytes) -> bytes:
        return flight[:-1] + bytes([flight[-1] ^ 1])
