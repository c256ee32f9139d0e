from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class SelfSigned(CertificateFault):
    """Present a certificate that is signed by its own key (RFC 5280 3.2).

    What a mail server makes for itself when it is installed. Name and dates are right; nobody vouches for them.
    """

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, issuer="self")
