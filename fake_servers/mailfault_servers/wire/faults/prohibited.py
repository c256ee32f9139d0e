from mailfault_servers.action import Action, Unreachable
from mailfault_servers.fault import fault
from mailfault_servers.tcp.port import PortFault


@fault
class Prohibited(PortFault):
    """A router's filter forbids it and says so: ICMP "communication administratively prohibited" (RFC 1812 5.2.7.1).

    Providers that block port 25 answer so, as does REJECT in many firewalls (code 13). connect() fails at once: with
    EHOSTUNREACH over IPv4, with EACCES ("Permission denied") over IPv6 (RFC 4443 3.1, code 1).
    """

    needs_link = True

    def answer(self) -> Action:
        return Unreachable("prohibited")
