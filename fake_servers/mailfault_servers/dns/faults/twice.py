from collections.abc import Sequence

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query
from mailfault_servers.fault import fault


@fault
class Twice(DnsFault):
    """Send the honest answer twice.

    The network doubles datagrams. The second copy answers nothing any more: it must not be taken for the answer to the
    next question.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        return (*honest, *honest) if query.transport == "udp" else honest
