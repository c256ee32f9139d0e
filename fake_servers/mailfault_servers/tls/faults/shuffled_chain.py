from dataclasses import replace

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import AuthoritySpec, CertificateFault, CertificateSpec, CertificateWanted


@fault
class ShuffledChain(CertificateFault):
    """Present two intermediates in the wrong order (RFC 8446 4.4.2).

    The one next to the root comes before the one next to the host. TLS 1.2 forbids that; TLS 1.3 asks clients to be
    prepared for it, since many servers are set up so.
    """

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, authorities=(AuthoritySpec(), AuthoritySpec()), sent="out of order")
