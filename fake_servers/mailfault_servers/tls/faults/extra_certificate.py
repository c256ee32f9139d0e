from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class ExtraCertificate(CertificateFault):
    """Present, after a good chain, a certificate that has nothing to do with it (RFC 8446 4.4.2).

    A left-over in the chain file, here the root of an authority that nobody knows. The chain is complete without it.
    """

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, sent="with another")
