from collections.abc import Sequence

from dnslib import QTYPE, RR, TXT

from mailfault_servers.action import Action, SendRaw
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.fault import fault


@fault
class Oversize(DnsFault):
    """Send an answer over UDP that is larger than the client said it can take, without setting TC (RFC 2181 9).

    The answer is correct, with a long additional section behind it. A client whose buffer is too small finds it cut.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        if query.transport != "udp":
            return honest
        reply = query.honest_record()
        for n in range(60):
            reply.add_ar(RR(f"padding{n}.{query.zone.origin}", QTYPE.TXT, ttl=60, rdata=TXT("x" * 20)))
        return (SendRaw(respond(reply).data),)
