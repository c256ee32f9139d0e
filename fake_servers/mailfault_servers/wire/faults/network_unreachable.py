from mailfault_servers.action import Action, Unreachable
from mailfault_servers.fault import fault
from mailfault_servers.tcp.port import PortFault


@fault
class NetworkUnreachable(PortFault):
    """A router has no way to the host's network, and says so: ICMP "network unreachable" (RFC 792, code 0).

    connect() fails at once with ENETUNREACH. Nobody refused anything, and no limit passed: it is no connection refused
    and no time-out. Over IPv6 it is "no route to destination" (RFC 4443 3.1, code 0).
    """

    needs_link = True

    def answer(self) -> Action:
        return Unreachable("network")
