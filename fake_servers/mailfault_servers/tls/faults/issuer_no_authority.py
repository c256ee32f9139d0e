from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import AuthoritySpec, CertificateWanted, Present


@fault
class IssuerNoAuthority(Fault):
    """Present a certificate that was signed with the certificate of another host (RFC 5280 4.2.1.9).

    All signatures are good and the way leads to the root. But who signed is no authority: its basic constraints say
    so. A client that does not look takes anybody who has any certificate for an authority (CVE-2002-0862).
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [
            Present(replace(one.spec, authorities=(AuthoritySpec(is_authority=False),)))
            if isinstance(one, Present)
            else one
            for one in honest
        ]
