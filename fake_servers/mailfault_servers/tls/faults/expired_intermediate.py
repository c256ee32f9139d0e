from dataclasses import replace
from datetime import timedelta

from mailfault_servers.fault import Seconds, fault
from mailfault_servers.tls.certificate import AuthoritySpec, CertificateFault, CertificateSpec, CertificateWanted


@fault
class ExpiredIntermediate(CertificateFault):
    """Present a good certificate whose issuer's own has expired (RFC 5280 6.1.3).

    The host's certificate was renewed and the intermediate's was not. Each link of the chain has to be in force, not
    only the last.
    """

    by: Seconds = 86400.0
    """Time since the intermediate expired, at least: it ended on a whole minute."""

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        ended = wanted.now.replace(second=0, microsecond=0) - timedelta(seconds=self.by)
        expired = AuthoritySpec(not_before=ended - timedelta(days=365), not_after=ended)
        return replace(spec, authorities=(expired,))
