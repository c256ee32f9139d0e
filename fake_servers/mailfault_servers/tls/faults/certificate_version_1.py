from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import CertificateWanted, Present


@fault
class CertificateVersion1(Fault):
    """Present a certificate of version 1, as it was in 1988 (RFC 5280 4.1.2.1).

    It has no extensions, and so no alternative names: the host's name stands in its subject alone. Old tools still
    make such certificates where nobody asked for extensions. OpenSSL accepts it unless told otherwise; Go refuses it
    for want of a name.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [
            Present(replace(one.spec, version=1, names=(), common_name=event.host)) if isinstance(one, Present) else one
            for one in honest
        ]
