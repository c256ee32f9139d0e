from collections.abc import Sequence

from mailfault_servers.action import Action
from mailfault_servers.fault import fault
from mailfault_servers.udp.datagram import Datagram, DatagramFault


@fault
class Duplication(DatagramFault):
    """Let each datagram arrive twice (RFC 8085 3.3).

    The second answer comes when the question has been dealt with. It must not be taken for the answer to the next one.
    """

    def pass_on(self, datagram: Datagram, honest: Sequence[Action]) -> Sequence[Action]:
        return (*honest, *honest)
