from collections.abc import Sequence

from dnslib import RCODE

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.dns.responder import start_of_authority
from mailfault_servers.fault import fault


@fault
class Nxdomain(DnsFault):
    """Answer that the name does not exist (NXDOMAIN, RFC 1035 4.1.1, RFC 2308 2.1).

    The domain has expired or was never registered, or the name was mistyped. For Microsoft 365 that is temporary, since
    domains come back when their bill is paid; many clients bounce at once.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        reply = query.request.reply(ra=1, aa=1)
        reply.header.rcode = RCODE.NXDOMAIN
        reply.add_auth(start_of_authority(query.zone))
        return (respond(reply),)
