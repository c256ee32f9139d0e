from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import CertificateWanted, Present


@fault
class UnknownCriticalExtension(Fault):
    """Present a certificate with a critical extension that nobody has heard of (RFC 5280 4.2).

    Critical means: who does not understand this must not use the certificate. It may well say what the certificate is
    not good for.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [
            Present(replace(one.spec, unknown_critical=True)) if isinstance(one, Present) else one for one in honest
        ]
