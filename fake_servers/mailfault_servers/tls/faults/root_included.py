from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class RootIncluded(CertificateFault):
    """Present the root's certificate together with the chain (RFC 8446 4.4.2).

    It is superfluous, for a client trusts the roots that it has and no other, and it is allowed.
    """

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, sent="with root")
