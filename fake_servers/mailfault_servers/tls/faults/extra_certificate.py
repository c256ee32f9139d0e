from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import CertificateWanted, Present


@fault
class ExtraCertificate(Fault):
    """Present, after a good chain, a certificate that has nothing to do with it (RFC 8446 4.4.2).

    A left-over in the chain file, here the root of an authority that nobody knows. The chain is complete without it.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [Present(replace(one.spec, sent="with another")) if isinstance(one, Present) else one for one in honest]
