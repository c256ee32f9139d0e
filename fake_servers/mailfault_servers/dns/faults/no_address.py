from collections.abc import Sequence

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.dns.responder import start_of_authority
from mailfault_servers.fault import fault


@fault
class NoAddress(DnsFault):
    """Let mail hosts have neither A nor AAAA record: the MX names them, and they lead nowhere.

    Half of the host's records were deleted in a move. A client must not fall back to the domain's own address, which is
    for domains without MX only (RFC 5321 5.1). Without `name` it concerns every host that an MX record names.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        concerned = self.name is not None or query.name in query.zone.mail_targets
        if query.type not in ("A", "AAAA") or not concerned:
            return honest
        reply = query.request.reply(ra=1, aa=1)
        reply.add_auth(start_of_authority(query.zone))
        return (respond(reply),)
