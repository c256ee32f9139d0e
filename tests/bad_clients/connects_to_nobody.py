"""Connects to 0.0.0.0 where a host has that address, and so to the machine itself."""

from mailfault.reference_client import DeliveryClient, MailHost, Resolver
from tests.support.variants import wrong

CAUGHT = {
    "dns/mx-address-unspecified[route=smart-host]": "tolerated",
    "dns/mx-address-unspecified[route=mx]": "tolerated",
}


class CarelessResolver(Resolver):
    async def addresses(self, name: str) -> tuple[MailHost, ...]:
        return tuple(MailHost(name, str(address)) for address in await self.query(name, "A"))


class Wrong(DeliveryClient):
    def resolver(self) -> Resolver:
        return CarelessResolver(self.settings)


deliver = wrong(Wrong)
