"""Does not follow an alias to TLSA records."""

from dns.rdtypes.ANY.TLSA import TLSA

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.dane import TlsaFinder
from tests.support.variants import wrong

CAUGHT = {
    "policy/dane-records-under-an-alias": "unsafe",
}


class Finder(TlsaFinder):
    async def records(self, owner: str) -> tuple[TLSA, ...]:
        found = await super().records(owner)
        return found if self.resolver.canonical(owner) == owner else ()


class Wrong(DeliveryClient):
    def tlsa_finder(self) -> TlsaFinder:
        return Finder(resolver=self.resolver(), port=self.settings.port)


deliver = wrong(Wrong)
