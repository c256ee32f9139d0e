from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.dns.query import DnsFault, Query
from mailfault_servers.dns.wire import with_lying_length
from mailfault_servers.fault import fault


@fault
class LyingLength(DnsFault):
    """Say that the data of the answer's record is longer than what follows (RFC 1035 4.1.3, RDLENGTH).

    A reader that believes it runs past the end of the message. Nothing in it can be trusted.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        return [Send(with_lying_length(one.data)) if isinstance(one, Send) else one for one in honest]
