from dataclasses import replace
from typing import Annotated

from pydantic import Field

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import AuthoritySpec, CertificateFault, CertificateSpec, CertificateWanted


@fault
class NameConstraints(CertificateFault):
    """Present a certificate from an authority that may not name this host (RFC 5280 4.2.1.10).

    The intermediate is limited to the domains of one organisation, and signed for the host of another all the same.
    The limit stands in a critical extension: a client that ignores it trusts every company that was given such an
    intermediate.
    """

    permitted: Annotated[tuple[str, ...], Field(min_length=1)] = ("other.example",)
    """The domains within which the intermediate may name hosts."""

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        limited = AuthoritySpec(permitted=self.permitted)
        return replace(spec, authorities=(limited,))
