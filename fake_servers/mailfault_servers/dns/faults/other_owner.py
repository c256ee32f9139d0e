from collections.abc import Sequence

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.dns.responder import resource_record
from mailfault_servers.dns.zone import Record
from mailfault_servers.fault import fault


@fault
class OtherOwner(DnsFault):
    """Put an address of another name in front of the honest answer.

    It was not asked for and counts for nothing (RFC 2181 5.4.1). A client that takes the first address it sees goes
    to the wrong host.
    """

    address: str = "127.0.0.250"
    """The address of the other name: nobody of this world lives there."""

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        if query.type != "A":
            return honest
        reply = query.honest_record()
        reply.rr.insert(0, resource_record(Record(f"other.{query.zone.origin}", "A", self.address)))
        return (respond(reply),)
