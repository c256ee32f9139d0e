from dataclasses import replace
from datetime import timedelta

from mailfault_servers.fault import Seconds, fault
from mailfault_servers.tls.certificate import AuthoritySpec, CertificateFault, CertificateSpec, CertificateWanted


@fault
class IntermediateNotYetValid(CertificateFault):
    """Present a good certificate whose issuer's own is not in force yet (RFC 5280 6.1.3).

    The authority has begun to sign with a new intermediate too early, or a clock is wrong.
    """

    by: Seconds = 86400.0
    """Time until it becomes valid, at least: it begins on a whole minute."""

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        begins = wanted.now.replace(second=0, microsecond=0) + timedelta(seconds=self.by + 60)
        early = AuthoritySpec(not_before=begins, not_after=begins + timedelta(days=365))
        return replace(spec, authorities=(early,))
