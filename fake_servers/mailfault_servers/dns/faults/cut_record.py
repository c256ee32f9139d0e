from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.dns.query import DnsFault, Query
from mailfault_servers.fault import fault


@fault
class CutRecord(DnsFault):
    """Break the answer off in the middle of its last record.

    The message is shorter than its own counts say. Nothing in it can be trusted, and nobody else answers.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        return [Send(one.data[: len(one.data) - 5]) if isinstance(one, Send) else one for one in honest]
