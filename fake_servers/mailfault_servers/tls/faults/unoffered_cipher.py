from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.handshake import FlightLeaving
from mailfault_servers.tls.record import with_cipher

_NULL_WITH_NULL_NULL = 0x0000


@fault
class UnofferedCipher(Fault):
    """Choose a cipher suite that the client did not offer: the one that does not encrypt at all.

    A client must refuse it with illegal_parameter (RFC 8446 4.1.3). One that goes along would send mail in clear and
    believe it encrypted.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, FlightLeaving) or event.number != 1:
            return honest
        return [Send(with_cipher(one.data, _NULL_WITH_NULL_NULL)) if isinstance(one, Send) else one for one in honest]
