from collections.abc import Sequence

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.dns.responder import resource_record
from mailfault_servers.dns.zone import Record, normal_name
from mailfault_servers.fault import fault


@fault
class SearchDomainWildcard(DnsFault):
    """Answer for every name below a domain that the client's machine searches (resolv.conf(5), "search") with one host.

    A name that does not exist is then looked up once more with that domain behind it, and found: the mail goes to a
    host that has nothing to do with it (RFC 1535). Mail software looks names up as they are (RFC 5321 2.3.5).
    """

    domain: str = "corp.example"
    """The domain with the wildcard."""
    host: str = "intranet.corp.example"
    """Name of the host in this world that every name below it leads to."""

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        if not query.name.endswith(f".{normal_name(self.domain)}") or query.zone.lookup(query.name, query.type):
            return honest
        reply = query.request.reply(ra=1, aa=1)
        for found in query.zone.lookup(self.host, query.type):
            reply.add_answer(resource_record(Record(query.name, found.type, found.data)))
        return (respond(reply),)
