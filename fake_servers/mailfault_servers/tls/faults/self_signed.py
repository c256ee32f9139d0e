from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import CertificateWanted, Present


@fault
class SelfSigned(Fault):
    """Present a certificate that is signed by its own key (RFC 5280 3.2).

    What a mail server makes for itself when it is installed. Name and dates are right; nobody vouches for them.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [Present(replace(one.spec, issuer="self")) if isinstance(one, Present) else one for one in honest]
