from collections.abc import Sequence
from typing import Literal

from dnslib import EDNS0, QTYPE, RCODE

from mailfault_servers.action import Action, Drop
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.fault import fault


@fault
class Edns(DnsFault):
    """Do not bear a question with an OPT record (RFC 6891).

    Old servers and firewalls do one of these. A client that used EDNS asks again without it (RFC 6891 7); one that
    never uses it meets nothing.
    """

    how: Literal["formerr", "notimp", "badvers", "silent", "ignores"] = "formerr"
    """The code that it answers with, nothing, or the honest answer without OPT."""

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        if not any(record.rtype == QTYPE.OPT for record in query.request.ar):
            return honest
        if self.how == "silent":
            return (Drop(),)
        if self.how == "ignores":
            reply = query.honest_record()
            reply.ar = [record for record in reply.ar if record.rtype != QTYPE.OPT]
            return (respond(reply),)
        reply = query.request.reply(ra=1)
        if self.how == "badvers":
            reply.add_ar(EDNS0(ext_rcode=1, udp_len=1232))
        else:
            reply.header.rcode = getattr(RCODE, self.how.upper())
        return (respond(reply),)
