from collections.abc import Sequence

from mailfault_servers.action import Action, Wait
from mailfault_servers.fault import Seconds, fault
from mailfault_servers.udp.datagram import Datagram, DatagramFault


@fault
class Reordering(DatagramFault):
    """Let every other question's datagrams be overtaken by later ones.

    The answers to A and AAAA come in another order than they were asked for. Each names its question and bears its id:
    a client goes by those.
    """

    delay: Seconds = 0.03
    """Time for which a datagram is held back."""

    def pass_on(self, datagram: Datagram, honest: Sequence[Action]) -> Sequence[Action]:
        return (Wait(self.delay), *honest) if datagram.type == "AAAA" else honest
