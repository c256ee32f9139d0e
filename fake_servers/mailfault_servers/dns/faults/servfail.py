from collections.abc import Sequence

from dnslib import RCODE

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond_error
from mailfault_servers.fault import fault


@fault
class Servfail(DnsFault):
    """Answer that the name server cannot tell (SERVFAIL, RFC 1035 4.1.1).

    The DNS hosting of the domain is broken, or its signatures do not verify. Nothing is known of the domain, not even
    that it does not exist: the mail must wait.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        return (respond_error(query, RCODE.SERVFAIL),)
