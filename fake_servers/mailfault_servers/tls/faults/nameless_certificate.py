from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import honest_spec
from mailfault_servers.tls.settings import Offer, TermsWanted


@fault
class NamelessCertificate(Fault):
    """Present a self-signed certificate for another name to clients that do not say which host they want.

    Google's servers do so to TLS 1.3 clients without SNI. A client that says the name (RFC 6066 3) gets the right
    certificate; one that does not, and verifies, has to refuse a server that is well.
    """

    name: str = "no-sni.invalid"
    """The name in that certificate."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, TermsWanted):
            return honest
        other = replace(honest_spec(self.name, event.now), issuer="self")
        return [Offer(replace(one.terms, nameless=other)) if isinstance(one, Offer) else one for one in honest]
