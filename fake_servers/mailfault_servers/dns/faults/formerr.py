from collections.abc import Sequence

from dnslib import RCODE

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond_error
from mailfault_servers.fault import fault


@fault
class Formerr(DnsFault):
    """Answer that the question could not be read (FORMERR, RFC 1035 4.1.1).

    The server is broken, or too old for what came with the question. Nothing is known about the domain, so the mail
    must wait.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        return (respond_error(query, RCODE.FORMERR),)
