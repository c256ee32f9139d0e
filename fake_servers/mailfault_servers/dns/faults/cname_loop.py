from collections.abc import Sequence

from dnslib import CNAME, QTYPE, RR

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.fault import fault


@fault
class CnameLoop(DnsFault):
    """Answer that the name is an alias of a second name, which is an alias of the first (RFC 1034 3.6.2).

    Following it leads nowhere, for ever. A client has to count how often it followed, give up, and keep the mail.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        there, back = query.name, f"loop.{query.name}"
        if query.name.startswith("loop."):
            there, back = query.name, query.name.removeprefix("loop.")
        reply = query.request.reply(ra=1, aa=1)
        for alias, target in ((there, back), (back, there)):
            reply.add_answer(RR(alias, QTYPE.CNAME, ttl=60, rdata=CNAME(target)))
        return (respond(reply),)
