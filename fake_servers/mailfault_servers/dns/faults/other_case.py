from collections.abc import Sequence

from dnslib import DNSLabel

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.fault import fault


@fault
class OtherCase(DnsFault):
    """Answer with the question and all names in upper case.

    Names are compared without regard to case (RFC 4343). Only a client that asked in mixed case to prove the answer
    may take exception, and has to ask again without that.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        reply = query.honest_record()
        for question in reply.questions:
            question.qname = DNSLabel(str(question.qname).upper())
        for record in reply.rr:
            record.rname = DNSLabel(str(record.rname).upper())
        return (respond(reply),)
