from dataclasses import replace
from datetime import timedelta

from mailfault_servers.fault import Seconds, fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class NotYetValid(CertificateFault):
    """Present a certificate whose first day is still to come (RFC 5280 4.1.2.5).

    A certificate put in place too early, or a host whose clock is behind: name, chain and key are right.
    """

    by: Seconds = 86400.0
    """Time until it becomes valid, at least: it begins on a whole minute."""

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        next_minute = wanted.now.replace(second=0, microsecond=0) + timedelta(minutes=1)
        begins = next_minute + timedelta(seconds=self.by)
        ends = begins + timedelta(days=90)
        return replace(spec, not_before=begins, not_after=ends)
