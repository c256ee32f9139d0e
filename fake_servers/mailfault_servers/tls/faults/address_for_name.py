import ipaddress
from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator

from mailfault_servers.fault import fault
from mailfault_servers.tls.certificate import CertificateFault, CertificateSpec, CertificateWanted

_NOBODYS = "192.0.2.1"
"""An address for documentation (RFC 5737), used if no client connected."""


def _check_address(text: str) -> str:
    ipaddress.ip_address(text)
    return text


@fault
class AddressForName(CertificateFault):
    """Present a certificate for the host's address in place of its name (RFC 5280 4.2.1.6, iPAddress).

    The client connects to that address, but it learned the address from DNS, which anybody may have changed: what it
    has to look for is the name (RFC 6125 6.2.1).
    """

    address: Annotated[str, AfterValidator(_check_address)] | None = None
    """The address in the certificate. Absent: the one that the client connected to."""

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        address = self.address or wanted.address or _NOBODYS
        return replace(spec, names=(), addresses=(address,))
