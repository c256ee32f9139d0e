from collections.abc import Sequence

from dnslib import RCODE

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond_error
from mailfault_servers.fault import fault


@fault
class Notimp(DnsFault):
    """Answer that this kind of question is not supported (NOTIMP, RFC 1035 4.1.1).

    A load balancer that poses as a name server and knows A records alone. Nothing is known about the mail hosts of the
    domain, so the mail must wait.
    """

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        return (respond_error(query, RCODE.NOTIMP),)
