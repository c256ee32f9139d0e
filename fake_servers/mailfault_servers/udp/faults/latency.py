from collections.abc import Sequence

from mailfault_servers.action import Action, Wait
from mailfault_servers.fault import Seconds, fault
from mailfault_servers.udp.datagram import Datagram, DatagramFault


@fault
class Latency(DatagramFault):
    """Let datagrams arrive late.

    A long way to the name server. Within the client's limit it is no failure; past it the answer is as good as lost.
    """

    delay: Seconds = 0.1
    """Time by which the datagram is late."""

    def pass_on(self, datagram: Datagram, honest: Sequence[Action]) -> Sequence[Action]:
        return (Wait(self.delay), *honest)
