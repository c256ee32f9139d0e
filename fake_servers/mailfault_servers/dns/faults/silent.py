from collections.abc import Sequence

from mailfault_servers.action import Action, Drop
from mailfault_servers.dns.query import DnsFault, Query
from mailfault_servers.fault import fault


@fault
class Silent(DnsFault):
    """Take the question and answer nothing.

    The name server is down or out of reach. It is the look-up that timed out, not a connection to a mail host: none was
    tried, for nobody knows where to.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        return (Drop(),)
