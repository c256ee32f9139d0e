from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.settings import Offer, TermsWanted


@fault
class NameNeeded(Fault):
    """Shake hands only with clients that say which host they want (SNI, RFC 6066 3).

    One address serves many names, and there is no certificate for those who name none. A client that sends SNI notices
    nothing; one that does not is refused by the alert unrecognized_name.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, TermsWanted):
            return honest
        return [Offer(replace(one.terms, names="needed")) if isinstance(one, Offer) else one for one in honest]
