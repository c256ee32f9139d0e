from collections.abc import Sequence

from dnslib import CNAME, QTYPE, RR

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.dns.responder import resource_record
from mailfault_servers.dns.zone import Record
from mailfault_servers.fault import fault


@fault
class TlsaAlias(DnsFault):
    """Answer the question for TLSA records with an alias, and the records under its name.

    Operators of many hosts keep one set of records and point the others there (RFC 7671 6). The records count as if
    they stood in place.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        found = query.zone.lookup(query.name, query.type)
        if query.type != "TLSA" or not found:
            return honest
        target = f"_tlsa.{query.zone.origin}"
        reply = query.honest_record()
        reply.rr.clear()
        reply.add_answer(RR(query.name, QTYPE.CNAME, ttl=60, rdata=CNAME(target)))
        for record in found:
            reply.add_answer(resource_record(Record(target, record.type, record.data)))
        return (respond(reply),)
