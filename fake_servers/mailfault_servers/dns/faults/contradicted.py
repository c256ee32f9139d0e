from collections.abc import Sequence

from dnslib import RCODE

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.fault import fault


@fault
class Contradicted(DnsFault):
    """Send the honest answer, and at once a second one that says NXDOMAIN.

    Injected answers meet the honest ones like this. The first that answers the question is taken; the second comes to
    nobody.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        if query.transport != "udp":
            return honest
        reply = query.request.reply(ra=1, aa=1)
        reply.header.rcode = RCODE.NXDOMAIN
        return (*honest, respond(reply))
