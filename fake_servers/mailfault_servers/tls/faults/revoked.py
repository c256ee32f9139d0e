from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class Revoked(CertificateFault):
    """Present a certificate that its authority has revoked (RFC 5280 5).

    Name, dates and chain are right. Only the revocation list tells, so set `crl = true` in the connector: the client is
    then given the list, and has to check it.
    """

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, revoked=True)
