from collections.abc import Sequence

from dnslib import RCODE

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond_error
from mailfault_servers.fault import fault


@fault
class Refused(DnsFault):
    """Answer that the name server will not tell (REFUSED, RFC 1035 4.1.1).

    The server was never told of this zone, or no longer is: the hosting contract ended and the delegation still points
    there. Nothing is known about the domain, so the mail must wait.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        return (respond_error(query, RCODE.REFUSED),)
