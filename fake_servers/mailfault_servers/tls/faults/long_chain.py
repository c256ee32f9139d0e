from dataclasses import replace
from typing import Annotated

from pydantic import Field

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import AuthoritySpec, CertificateFault, CertificateSpec, CertificateWanted


@fault
class LongChain(CertificateFault):
    """Present a chain of many authorities (RFC 5280 6.1).

    Every signature, date and path length is right; there are just many of them. No RFC sets a limit, and each client
    has one: 9 in Postfix, 16 in GnuTLS, 100 in OpenSSL and in Go.
    """

    authorities: Annotated[int, Field(ge=1, le=120)] = 10
    """Number of authorities between root and host."""

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, authorities=(AuthoritySpec(),) * self.authorities)
