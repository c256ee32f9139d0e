from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.dns.query import DnsFault, Query
from mailfault_servers.dns.wire import with_other_id
from mailfault_servers.fault import fault


@fault
class WrongId(DnsFault):
    """Answer rightly, under another query id (RFC 5452 4.1).

    What a forger who cannot see the question sends. A client must take no notice of it; as nothing else comes, the
    question was never answered. A client that believes it can be led anywhere.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        return [Send(with_other_id(one.data)) if isinstance(one, Send) else one for one in honest]
