from dataclasses import replace
from datetime import timedelta

from mailfault_servers.fault import Seconds, fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class Expired(CertificateFault):
    """Present a certificate whose last day is over (RFC 5280 4.1.2.5).

    Name, chain and key are right; only its time has passed. A client that verifies must keep the message and name the
    certificate, for the connection itself was well.
    """

    by: Seconds = 86400.0
    """Time since it expired, at least: it ended on a whole minute."""

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        ended = wanted.now.replace(second=0, microsecond=0) - timedelta(seconds=self.by)
        began = ended - timedelta(days=90)
        return replace(spec, not_before=began, not_after=ended)
