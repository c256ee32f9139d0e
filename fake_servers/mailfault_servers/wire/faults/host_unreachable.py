from mailfault_servers.action import Action, Unreachable
from mailfault_servers.fault import fault
from mailfault_servers.tcp.port import PortFault


@fault
class HostUnreachable(PortFault):
    """The last router knows the network and finds no such host in it: ICMP "host unreachable" (RFC 792, code 1).

    Its machine is switched off, or its cable is out. connect() fails at once with EHOSTUNREACH ("No route to host").
    Over IPv6 it is "address unreachable" (RFC 4443 3.1, code 3).
    """

    needs_link = True

    def answer(self) -> Action:
        return Unreachable("host")
