from collections.abc import Sequence

from mailfault_servers.action import Action, Wait
from mailfault_servers.dns.query import DnsFault, Query
from mailfault_servers.fault import Seconds, fault


@fault
class Late(DnsFault):
    """Give the honest answer, but late.

    Within the client's limit this is no failure at all. Past it the client has stopped listening, and for it the name
    server was silent.
    """

    delay: Seconds = 0.2
    """Time by which the answer is late."""

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        return (Wait(self.delay), *honest)
