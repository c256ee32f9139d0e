from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import CertificateWanted, Present


@fault
class UntrustedAuthority(Fault):
    """Present a certificate of an authority that the client was never told of (RFC 5280 6.1).

    Name and dates are right, and the signature is good; but whoever made it can make one for any name.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [Present(replace(one.spec, issuer="stranger")) if isinstance(one, Present) else one for one in honest]
