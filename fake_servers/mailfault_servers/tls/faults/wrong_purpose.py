from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import CertificateWanted, Present


@fault
class WrongPurpose(Fault):
    """Present a certificate that is for clients alone (RFC 5280 4.2.1.12).

    Name, dates and chain are right; its extended key usage allows clientAuth and nothing else. It was issued so that a
    program can prove itself to servers, and is no proof of a server.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [Present(replace(one.spec, purpose="client")) if isinstance(one, Present) else one for one in honest]
