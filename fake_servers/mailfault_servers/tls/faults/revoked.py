from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import CertificateWanted, Present


@fault
class Revoked(Fault):
    """Present a certificate that its authority has revoked (RFC 5280 5).

    Name, dates and chain are right. Only the revocation list tells, so set `crl = true` in the connector: the client is
    then given the list and is to heed it.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [Present(replace(one.spec, revoked=True)) if isinstance(one, Present) else one for one in honest]
