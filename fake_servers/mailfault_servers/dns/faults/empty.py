from collections.abc import Sequence

from mailfault_servers.action import Action, SendRaw
from mailfault_servers.dns.query import DnsFault, Query
from mailfault_servers.fault import fault


@fault
class Empty(DnsFault):
    """Answer with a datagram of no bytes; over TCP, with a message of no bytes.

    There is not even an id in it. A client must survive it, and take no notice.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        return (SendRaw(b"" if query.transport == "udp" else bytes(2)),)
