from collections.abc import Sequence

from dnslib import QTYPE, RR, TXT

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.fault import fault


@fault
class StsRecord(DnsFault):
    """Answer the question for the MTA-STS record with another text (RFC 8461 3.1).

    A record of another version, or without an id, says nothing: the domain has no policy, however sound the one on its
    policy host is. A client that fetches it all the same reads what was not meant for it.
    """

    text: str = "v=STSv1;"
    """The text of the record."""

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        if query.type != "TXT" or not query.name.startswith("_mta-sts."):
            return honest
        reply = query.request.reply(ra=1, aa=1)
        reply.add_answer(RR(query.name, QTYPE.TXT, ttl=60, rdata=TXT(self.text)))
        return (respond(reply),)
