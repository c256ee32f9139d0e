from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.settings import Offer, TermsWanted


@fault
class NameRefused(Fault):
    """Know no name that a client could ask for: answer SNI with the fatal alert unrecognized_name (RFC 6066 3).

    A server set up for another name than the one in the MX record. A client that sends no SNI, as many mail clients do
    not, never notices.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, TermsWanted):
            return honest
        return [Offer(replace(one.terms, names="refused")) if isinstance(one, Offer) else one for one in honest]
