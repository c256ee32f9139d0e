from collections.abc import Sequence

from dnslib import QTYPE, RR, TXT

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.fault import fault


@fault
class StsRecordTwice(DnsFault):
    """Answer the question for the MTA-STS record with the honest one and a second one.

    Somebody has added the new record and left the old one. Where there are two, RFC 8461 3.1 has a client take neither:
    the domain has no policy. A second text that does not begin with `v=STSv1;` is somebody else's and does not count.
    """

    text: str = "v=STSv1; id=20240101T000000;"
    """The second record."""

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        if query.type != "TXT" or not query.name.startswith("_mta-sts."):
            return honest
        reply = query.honest_record()
        reply.add_answer(RR(query.name, QTYPE.TXT, ttl=60, rdata=TXT(self.text)))
        return (respond(reply),)
