from mailfault_servers.fault import fault
from mailfault_servers.tls.handshake import FlightFault
from mailfault_servers.tls.record import with_cipher

_NULL_WITH_NULL_NULL = 0x0000


@fault
class UnofferedCipher(FlightFault):
    """Choose a cipher suite that the client did not offer: the one that does not encrypt at all.

    A client must refuse it with illegal_parameter (RFC 8446 4.1.3). One that goes along would send mail in clear and
    believe it encrypted.
    """

    def change(self, flight: bytes) -> bytes:
        return with_cipher(flight, _NULL_WITH_NULL_NULL)
