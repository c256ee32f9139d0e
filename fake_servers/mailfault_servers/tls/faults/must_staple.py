from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class MustStaple(CertificateFault):
    """Present a certificate that wants an OCSP answer stapled to it, and staple none (RFC 7633).

    Somebody who stole the key cannot get such an answer once the certificate is revoked, which is why its owner asked
    for this. GnuTLS refuses it; OpenSSL and Go do not look.
    """

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, must_staple=True)
