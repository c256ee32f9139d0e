from collections.abc import Sequence

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.dns.responder import resource_record
from mailfault_servers.dns.zone import Record
from mailfault_servers.fault import fault


@fault
class ParkingWildcard(DnsFault):
    """Answer every question for any name with one parking host: as MX, and as address.

    The domain has expired and the registrar shows advertisements at every name below it. DNS works, so this is no DNS
    failure: what the parking host does when mail comes decides.
    """

    host: str = "parking.example"
    """Name of the host in this world that every name leads to."""

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        reply = query.request.reply(ra=1, aa=1)
        if query.type == "MX":
            reply.add_answer(resource_record(Record(query.name, "MX", f"10 {self.host}")))
        else:
            for found in query.zone.lookup(self.host, query.type):
                reply.add_answer(resource_record(Record(query.name, found.type, found.data)))
        return (respond(reply),)
