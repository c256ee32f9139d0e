from collections.abc import Sequence

from dnslib import EDNS0, RCODE, EDNSOption

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.fault import fault

_EXTENDED_ERROR = 15
_DNSSEC_BOGUS = 6


@fault
class Bogus(DnsFault):
    """Answer SERVFAIL because the domain's signatures do not verify (RFC 4035 5.5), and say so (EDE 6, RFC 8914 4.7).

    Expired signatures, or a DS record that was left behind in a move: validating resolvers know an answer and must not
    give it. For a client that only sees the code it is a broken look-up, and the mail must wait.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        reply = query.request.reply(ra=1)
        reply.header.rcode = RCODE.SERVFAIL
        told = EDNSOption(_EXTENDED_ERROR, _DNSSEC_BOGUS.to_bytes(2, "big") + b"signature expired")
        reply.add_ar(EDNS0(udp_len=1232, opts=[told]))
        return (respond(reply),)
