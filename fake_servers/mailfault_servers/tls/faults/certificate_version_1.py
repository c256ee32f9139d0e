from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class CertificateVersion1(CertificateFault):
    """Present a certificate of version 1, as it was in 1988 (RFC 5280 4.1.2.1).

    It has no extensions, and so no alternative names: the host's name stands in its subject alone. Old tools still
    make such certificates where nobody asked for extensions. OpenSSL accepts it unless told otherwise; Go refuses it
    for want of a name.
    """

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, version=1, names=(), common_name=wanted.host)
