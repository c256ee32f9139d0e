from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class UnknownCriticalExtension(CertificateFault):
    """Present a certificate with a critical extension that nobody has heard of (RFC 5280 4.2).

    Critical means: who does not understand this must not use the certificate. It may well say what the certificate is
    not good for.
    """

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, unknown_critical=True)
