from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import CertificateWanted, Present


@fault
class BadSignature(Fault):
    """Present a certificate with one wrong bit in its signature (RFC 5280 6.1.3).

    It names the right issuer, and that issuer did not sign it as it stands. So looks a certificate that somebody
    changed.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [Present(replace(one.spec, signature="spoilt")) if isinstance(one, Present) else one for one in honest]
