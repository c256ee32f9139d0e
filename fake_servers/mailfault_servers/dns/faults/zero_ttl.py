from collections.abc import Sequence

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.fault import fault


@fault
class ZeroTtl(DnsFault):
    """Answer rightly, for no longer than now: TTL 0 (RFC 1035 3.2.1).

    The answer serves the delivery that asked for it. A client that takes it for expired has nowhere to go.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        reply = query.honest_record()
        for record in reply.rr:
            record.ttl = 0
        return (respond(reply),)
