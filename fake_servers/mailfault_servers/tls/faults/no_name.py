from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import CertificateWanted, Present


@fault
class NoName(Fault):
    """Present a certificate with no name at all: no alternative name, and no common name (RFC 6125 6.4).

    Somebody vouches for the key, and does not say whose it is.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [Present(replace(one.spec, names=())) if isinstance(one, Present) else one for one in honest]
