from dataclasses import replace
from typing import Annotated

from pydantic import Field

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted


@fault
class NulInName(CertificateFault):
    """Present a certificate for the host's name, a NUL byte and another domain (CVE-2009-2408).

    Its owner has that other domain, and an authority that read the name from its end has signed it. A client that
    takes the NUL for the end of the name believes that it reached the host.
    """

    domain: Annotated[str, Field(pattern=r"^[a-z0-9-]+(?:\.[a-z0-9-]+)*$")] = "evil.example"
    """The domain behind the NUL."""

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        name = f"{wanted.host}\0.{self.domain}"
        return replace(spec, names=(name,))
