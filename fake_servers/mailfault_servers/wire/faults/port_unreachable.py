from mailfault_servers.action import Action, Unreachable
from mailfault_servers.fault import fault
from mailfault_servers.tcp.port import PortFault


@fault
class PortUnreachable(PortFault):
    """The host's firewall rejects in the way that most do: ICMP "port unreachable" (RFC 792, code 3), and no RST.

    To the client it is the same as a closed port: connect() fails at once with ECONNREFUSED (RFC 1122 4.2.3.9). Over
    IPv6 it is code 4 (RFC 4443 3.1).
    """

    needs_link = True

    def answer(self) -> Action:
        return Unreachable("port")
