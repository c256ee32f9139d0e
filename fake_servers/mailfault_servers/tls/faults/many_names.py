from dataclasses import replace
from typing import Annotated

from pydantic import Field

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class ManyNames(CertificateFault):
    """Present a certificate for many hosts, of which the right one comes last (RFC 5280 4.2.1.6).

    Large providers have one certificate for hundreds of names. It is good. A client that looks at the first name
    alone, or has room for a few, refuses it.
    """

    others: Annotated[int, Field(ge=1, le=1000)] = 100
    """Number of names before the right one."""

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        others = (f"mail-{number}.other.example" for number in range(1, self.others + 1))
        return replace(spec, names=(*others, wanted.host))
