from collections.abc import Sequence

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.dns.responder import resource_record
from mailfault_servers.dns.zone import Record
from mailfault_servers.fault import fault
from mailfault_servers.network import UNROUTABLE


@fault
class UnroutableAddress(DnsFault):
    """Give an address to which no route leads, in place of the honest one (RFC 1122 3.3.1).

    A record with a slip of the pen, or a network that was given up. The sender's own system says at once that the
    network cannot be reached (ENETUNREACH): no host was asked, so none was silent, and none refused.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        if query.type != "A" or not query.zone.lookup(query.name, "A"):
            return honest
        reply = query.request.reply(ra=1, aa=1)
        reply.add_answer(resource_record(Record(query.name, "A", UNROUTABLE)))
        return (respond(reply),)
