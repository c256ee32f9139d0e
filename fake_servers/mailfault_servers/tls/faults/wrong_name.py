from dataclasses import replace
from typing import Annotated

from pydantic import Field

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"


@fault
class WrongName(CertificateFault):
    """Present a certificate that was issued for another host (RFC 6125 6.4).

    It is in date and well signed, by the authority that the client trusts; only its name is not the one that the client
    looked for. Typical of shared hosting, and of an MX record that names an alias.
    """

    name: Annotated[str, Field(pattern=rf"^(?:\*\.)?{_LABEL}(?:\.{_LABEL})*$", max_length=253)] = "other.example"
    """The name that it was issued for; may begin with `*.` for a wildcard."""

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        return replace(spec, names=(self.name,))
