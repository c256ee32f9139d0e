from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class WrongPurpose(CertificateFault):
    """Present a certificate that is for clients alone (RFC 5280 4.2.1.12).

    Name, dates and chain are right; its extended key usage allows clientAuth and nothing else. It was issued so that a
    program can prove itself to servers, and is no proof of a server.
    """

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, purpose="client")
