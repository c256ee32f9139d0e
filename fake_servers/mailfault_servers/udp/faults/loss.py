from collections.abc import Sequence

from mailfault_servers.action import Action, Drop
from mailfault_servers.fault import fault
from mailfault_servers.udp.datagram import Datagram, DatagramFault


@fault
class Loss(DatagramFault):
    """Lose datagrams (RFC 8085 3.1.3: UDP promises nothing).

    Nobody is told. A client that asks again soon gets its answer; one that asks once and waits for its whole limit
    fails where one packet of many was lost.
    """

    def pass_on(self, datagram: Datagram, honest: Sequence[Action]) -> Sequence[Action]:
        return (Drop(),)
