from mailfault_servers.fault import fault
from mailfault_servers.tls.handshake import FlightFault
from mailfault_servers.tls.record import alert_record


@fault
class Warning(FlightFault):
    """Send the warning unrecognized_name, and then go on with the handshake (RFC 6066 3).

    A server that does not know the name that the client asked for may say so and carry on; many web servers did. A
    warning ends nothing. The certificate that follows is well.
    """

    def change(self, flight: bytes) -> bytes:
        warning = alert_record("unrecognized_name", level="warning")
        return warning + flight
