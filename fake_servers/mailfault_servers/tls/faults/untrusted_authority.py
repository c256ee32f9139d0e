from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class UntrustedAuthority(CertificateFault):
    """Present a certificate of an authority that the client was never told of (RFC 5280 6.1).

    Name and dates are right, and the signature is good; but its maker can make one for any name.
    """

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, issuer="stranger")
