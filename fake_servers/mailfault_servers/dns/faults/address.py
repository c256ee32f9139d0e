from collections.abc import Sequence

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.dns.responder import resource_record
from mailfault_servers.dns.zone import Record
from mailfault_servers.fault import fault


@fault
class Address(DnsFault):
    """Answer questions for A with this address.

    "0.0.0.0" is written into zones to say that a host is gone. It is nobody's address (RFC 6890), and no host to
    connect to.
    """

    address: str = "0.0.0.0"
    """The IPv4 address that is told."""

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        if query.type != "A":
            return honest
        reply = query.request.reply(ra=1, aa=1)
        reply.add_answer(resource_record(Record(query.name, "A", self.address)))
        return (respond(reply),)
