from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.dns.query import DnsFault, Query
from mailfault_servers.fault import fault


@fault
class TrailingJunk(DnsFault):
    """Put bytes behind the end of the answer that belong to nothing.

    The message itself is whole and correct. Some resolvers ignore what follows it, others throw the answer away.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        return [Send(one.data + bytes(range(1, 17))) if isinstance(one, Send) else one for one in honest]
