import itertools
from collections.abc import Sequence

from dnslib import CNAME, QTYPE, RR

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.dns.responder import resource_record
from mailfault_servers.dns.zone import Record
from mailfault_servers.fault import fault


@fault
class Alias(DnsFault):
    """Answer questions for an address with aliases that end at the honest address.

    An MX must not name an alias (RFC 2181 10.3), and every mail host is used to finding one: the mail arrives. So it
    does over several aliases in a row, as hosting platforms have them.
    """

    length: int = 1
    """Number of aliases in the chain."""

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        found = query.zone.lookup(query.name, query.type)
        if query.type not in ("A", "AAAA") or not found:
            return honest
        names = [query.name, *(f"alias{n}.{query.zone.origin}" for n in range(1, self.length + 1))]
        reply = query.request.reply(ra=1, aa=1)
        for alias, target in itertools.pairwise(names):
            reply.add_answer(RR(alias, QTYPE.CNAME, ttl=60, rdata=CNAME(target)))
        for record in found:
            reply.add_answer(resource_record(Record(names[-1], record.type, record.data)))
        return (respond(reply),)
