from collections.abc import Sequence

from dnslib import RD, RR

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.fault import fault


@fault
class UnknownFirst(DnsFault):
    """Put a record of a type that nobody knows in front of the honest answer (RFC 3597).

    A client passes over what it does not know and reads on.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        reply = query.honest_record()
        reply.rr.insert(0, RR(query.name, 65400, ttl=60, rdata=RD(b"\x01\x02\x03")))
        return (respond(reply),)
