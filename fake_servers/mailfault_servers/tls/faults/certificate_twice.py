from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class CertificateTwice(CertificateFault):
    """Present the host's certificate twice before the intermediate's (RFC 8446 4.4.2).

    What comes of a chain file that begins with the certificate which is also given by itself. Clients leave out what
    they do not need.
    """

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, sent="host twice")
