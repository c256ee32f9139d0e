from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import CertificateWanted, Present


@fault
class RootIncluded(Fault):
    """Present the root's certificate together with the chain (RFC 8446 4.4.2).

    It is superfluous, for a client trusts the roots that it has and no other, and it is allowed.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [Present(replace(one.spec, sent="with root")) if isinstance(one, Present) else one for one in honest]
