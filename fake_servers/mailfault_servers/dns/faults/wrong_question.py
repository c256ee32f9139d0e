from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.dns.query import DnsFault, Query
from mailfault_servers.dns.wire import about_another_name
from mailfault_servers.fault import fault


@fault
class WrongQuestion(DnsFault):
    """Answer a question that was not asked (RFC 5452 4.2).

    The id is right and the question section names another domain. A client must take no notice of it; as nothing else
    comes, the question was never answered.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        return [Send(about_another_name(one.data)) if isinstance(one, Send) else one for one in honest]
