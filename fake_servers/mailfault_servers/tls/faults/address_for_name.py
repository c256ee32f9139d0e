import ipaddress
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import CertificateWanted, Present

_NOBODYS = "192.0.2.1"
"""Of the block for documentation (RFC 5737): in a certificate that no client asked for."""


def _check_address(text: str) -> str:
    ipaddress.ip_address(text)
    return text


@fault
class AddressForName(Fault):
    """Present a certificate for the host's address in place of its name (RFC 5280 4.2.1.6, iPAddress).

    The client connects to that address, but it learned the address from DNS, which anybody may have changed: what it
    has to look for is the name (RFC 6125 6.2.1).
    """

    address: Annotated[str, AfterValidator(_check_address)] | None = None
    """The address in the certificate. Absent: the one that the client connected to."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        address = self.address or event.address or _NOBODYS
        return [
            Present(replace(one.spec, names=(), addresses=(address,))) if isinstance(one, Present) else one
            for one in honest
        ]
