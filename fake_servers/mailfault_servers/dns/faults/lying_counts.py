from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.dns.query import DnsFault, Query
from mailfault_servers.dns.wire import with_more_answers_counted
from mailfault_servers.fault import fault


@fault
class LyingCounts(DnsFault):
    """Say that there are three answers more than there are (RFC 1035 4.1.1, ANCOUNT).

    A reader that believes the count runs past the end of the message. Nothing in it can be trusted.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        return [Send(with_more_answers_counted(one.data)) if isinstance(one, Send) else one for one in honest]
