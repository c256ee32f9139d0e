from collections.abc import Sequence

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.fault import fault


@fault
class NodataWithoutSoa(DnsFault):
    """Answer NOERROR with nothing in it, not even the SOA that a negative answer carries (RFC 2308 2.2).

    Load balancers do it. Without SOA and without NS it still says that the name has no such record.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        return (respond(query.request.reply(ra=1, aa=1)),)
