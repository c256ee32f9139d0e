from collections.abc import Sequence

from dnslib import MX, QTYPE, RR

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.fault import fault


@fault
class NullMx(DnsFault):
    """Answer that the domain takes no mail: one MX record, preference 0, target "." (RFC 7505).

    That is an answer, not a failure of DNS. The mail must be returned at once (5.1.10), and no connection tried, the
    domain's own address included.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        if query.type != "MX":
            return honest
        reply = query.request.reply(ra=1, aa=1)
        reply.add_answer(RR(query.name, QTYPE.MX, ttl=60, rdata=MX(".", 0)))
        return (respond(reply),)
