"""Takes the first address in an answer for the host's, whatever name it belongs to."""

import dns.message
import dns.name
import dns.rdataclass
import dns.rdatatype

from mailfault.reference_client import DeliveryClient, Resolver, Settings
from mailfault.reference_client.name_server import NameServer
from tests.support.variants import wrong

CAUGHT = {
    "dns/address-of-another-name[route=smart-host]": "not-reached",
    "dns/address-of-another-name[route=mx]": "not-reached",
}


class Credulous(NameServer):
    async def ask(self, name: dns.name.Name, kind: str) -> dns.message.Message:
        response = await super().ask(name, kind)
        addresses = [rrset for rrset in response.answer if rrset.rdtype == dns.rdatatype.A]
        if kind == "A" and addresses:
            addresses[0].name = name
            response.answer = addresses[:1]
            response.index = {}
        return response


class CredulousResolver(Resolver):
    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._server = Credulous(*settings.resolver, limit_s=settings.dns_s, flags=0x100)


class Wrong(DeliveryClient):
    def resolver(self) -> Resolver:
        return CredulousResolver(self.settings)


deliver = wrong(Wrong)
