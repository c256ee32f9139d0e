from collections.abc import Sequence

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.fault import fault


@fault
class Insecure(DnsFault):
    """Answer rightly, but without the word that the answer was verified by DNSSEC (AD, RFC 6840 5.7).

    The zone is not signed, or its parent does not know that it is. TLSA records that anybody may have put there prove
    nothing: a right client passes them over, and sends as if there were none (RFC 7672 2.1.1).
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        reply = query.honest_record()
        if not reply.header.ad:
            return honest
        reply.header.ad = 0
        return (respond(reply),)
