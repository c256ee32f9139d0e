from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.dns.query import DnsFault, Query
from mailfault_servers.dns.wire import with_compression_loop
from mailfault_servers.fault import fault


@fault
class CompressionLoop(DnsFault):
    """Answer with a name whose compression pointer points to itself (RFC 1035 4.1.4, RFC 9267 2).

    A reader that follows pointers without counting never ends. This is the oldest way to hang a resolver.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        return [Send(with_compression_loop(one.data)) if isinstance(one, Send) else one for one in honest]
