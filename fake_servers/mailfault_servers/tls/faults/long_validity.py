from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class LongValidity(CertificateFault):
    """Present a certificate that is valid for many years (RFC 5280 4.1.2.5).

    Browsers refuse what is valid for more than 398 days. That is a rule of theirs for public authorities, and mail has
    none: the certificate is good.
    """

    days: Annotated[int, Field(ge=91, le=36500)] = 3650
    """From its first day to its last."""

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, not_after=spec.not_before + timedelta(days=self.days))
