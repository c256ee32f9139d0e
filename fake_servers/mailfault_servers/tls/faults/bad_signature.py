from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class BadSignature(CertificateFault):
    """Present a certificate with one wrong bit in its signature (RFC 5280 6.1.3).

    It names the right issuer, and that issuer did not sign it as it stands. So looks a certificate that somebody
    changed.
    """

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, signature="spoilt")
