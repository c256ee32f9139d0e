from mailfault_servers.action import Action, FillBacklog
from mailfault_servers.fault import fault
from mailfault_servers.tcp.port import PortFault


@fault
class Unresponsive(PortFault):
    """No SYN is answered: the host is down, its address is wrong, or a firewall drops in silence.

    The client learns nothing until its own connect limit is over (RFC 5321 4.5.3.2 leaves it to the TCP stack; most
    clients wait 30 s to 5 min). It is the connection that timed out, not a conversation: no server ever spoke.
    """

    def answer(self) -> Action:
        return FillBacklog()
