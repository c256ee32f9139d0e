import ipaddress
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator

from fake_servers.action import Action
from fake_servers.fault import Event, Fault, fault
from fake_servers.tls.certificate import CertificateWanted, Present


def _check_address(text: str) -> str:
    ipaddress.ip_address(text)
    return text


@fault
class AddressForName(Fault):
    """Present a certificate for the host's address in place of its name (RFC 5280 4.2.1.6, iPAddress).

    The client connects to that address, but it learned the address from DNS, which anybody may have changed: what it
    has to look for is the name (RFC 6125 6.2.1).
    """

    address: Annotated[str, AfterValidator(_check_address)] = "127.0.0.10"
    """The address in the certificate. The first host of a world lives at 127.0.0.10."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [
            Present(replace(one.spec, names=(), addresses=(self.address,))) if isinstance(one, Present) else one
            for one in honest
        ]
