from collections.abc import Sequence

from dnslib import NS, QTYPE, RR

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.fault import fault


@fault
class Lame(DnsFault):
    """Answer with a referral upwards, to the root, instead of with data (RFC 1912 2.8).

    The delegation names a server that does not hold the zone. Its answer has no AA bit, no answer section and no error
    code: a client that takes it for "this name has no data" has learned something that nobody said.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        reply = query.request.reply(ra=0, aa=0)
        reply.add_auth(RR(".", QTYPE.NS, ttl=3600, rdata=NS("a.root-servers.example.")))
        return (respond(reply),)
