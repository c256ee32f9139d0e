from collections.abc import Sequence

from dnslib import CNAME, QTYPE, RCODE, RR

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.dns.responder import start_of_authority
from mailfault_servers.fault import fault


@fault
class DanglingCname(DnsFault):
    """Answer that the name is an alias of one that does not exist (NXDOMAIN behind a CNAME, RFC 6604 3).

    The service that the alias led to was given up, and the alias stayed behind. The name itself does exist.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        reply = query.request.reply(ra=1, aa=1)
        reply.header.rcode = RCODE.NXDOMAIN
        reply.add_answer(RR(query.name, QTYPE.CNAME, ttl=60, rdata=CNAME(f"given-up.{query.zone.origin}")))
        reply.add_auth(start_of_authority(query.zone))
        return (respond(reply),)
