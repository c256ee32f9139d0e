from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.handshake import FlightLeaving
from mailfault_servers.tls.record import alert_record


@fault
class Warning(Fault):
    """Send the warning unrecognized_name, and then go on with the handshake (RFC 6066 3).

    A server that does not know the name that the client asked for may say so and carry on; many web servers did. A
    warning ends nothing. The certificate that follows is well.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, FlightLeaving) or event.number != 1:
            return honest
        warning = alert_record("unrecognized_name", level="warning")
        return [Send(warning + one.data) if isinstance(one, Send) else one for one in honest]
