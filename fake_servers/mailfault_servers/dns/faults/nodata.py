from collections.abc import Sequence

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.dns.responder import start_of_authority
from mailfault_servers.fault import fault


@fault
class Nodata(DnsFault):
    """Answer that the name exists but has no record of the type that was asked for (RFC 2308 2.2).

    NOERROR and an empty answer section. A name may have no MX and still take mail at its own address (RFC 5321 5.1);
    without any of them there is nowhere to go.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        reply = query.request.reply(ra=1, aa=1)
        reply.add_auth(start_of_authority(query.zone))
        return (respond(reply),)
