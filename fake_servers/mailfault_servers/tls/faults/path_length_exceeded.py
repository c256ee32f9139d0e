from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import AuthoritySpec, CertificateFault, CertificateSpec, CertificateWanted


@fault
class PathLengthExceeded(CertificateFault):
    """Present a certificate from an authority below one that may have none below it (RFC 5280 4.2.1.9).

    The first intermediate has path length 0: it may sign for hosts, and not for further authorities. It did.
    """

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, authorities=(AuthoritySpec(path_length=0), AuthoritySpec()))
