from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.dns.query import DnsFault, Query
from mailfault_servers.dns.wire import without_question
from mailfault_servers.fault import fault


@fault
class NoQuestion(DnsFault):
    """Answer without repeating the question (RFC 1035 4.1, QDCOUNT 0).

    Whether it answers this question nobody can tell, so a client that is careful takes no notice of it (RFC 5452 4.2).
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        return [Send(without_question(one.data)) if isinstance(one, Send) else one for one in honest]
