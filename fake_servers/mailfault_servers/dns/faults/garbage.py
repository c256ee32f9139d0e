from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.dns.query import DnsFault, Query
from mailfault_servers.dns.wire import GARBAGE
from mailfault_servers.fault import fault


@fault
class Garbage(DnsFault):
    """Answer with bytes that are no DNS message.

    Another service listens on the port, or a middlebox broke in. There is no id in it to match, so a client takes no
    notice and, as nothing else comes, the question was never answered.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        return [Send(GARBAGE) if isinstance(one, Send) else one for one in honest]
