from collections.abc import Sequence

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.dns.responder import resource_record
from mailfault_servers.dns.zone import Record
from mailfault_servers.fault import fault


@fault
class MxRecords(DnsFault):
    """Answer questions for MX with these records instead of the honest ones.

    What people write into zones: addresses, "localhost", null MX beside a real one, one host twice.
    """

    records: tuple[str, ...]
    """Preference and name of each, as in a zone file: "10 mx1.dest.example", "0 ."."""

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        if query.type != "MX":
            return honest
        reply = query.request.reply(ra=1, aa=1)
        for data in self.records:
            reply.add_answer(resource_record(Record(query.name, "MX", data)))
        return (respond(reply),)
