from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class NoName(CertificateFault):
    """Present a certificate with no name at all: no alternative name, and no common name (RFC 6125 6.4).

    Somebody vouches for the key, and does not say whose it is.
    """

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, names=())
