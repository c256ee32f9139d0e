from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import CertificateWanted, Present


@fault
class MustStaple(Fault):
    """Present a certificate that wants an OCSP answer stapled to it, and staple none (RFC 7633).

    Somebody who stole the key cannot get such an answer once the certificate is revoked, which is why its owner asked
    for this. GnuTLS refuses it; OpenSSL and Go do not look.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [Present(replace(one.spec, must_staple=True)) if isinstance(one, Present) else one for one in honest]
