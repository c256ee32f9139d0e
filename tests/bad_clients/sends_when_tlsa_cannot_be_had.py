"""Takes TLSA records that cannot be looked up for none."""

from dns.rdtypes.ANY.TLSA import TLSA

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.dane import TlsaFinder
from mailfault.reference_client.demand import PolicyError
from tests.support.variants import wrong

CAUGHT = {
    "policy/dane-look-up-servfail[route=mx]": "unsafe",
    "policy/dane-look-up-servfail[route=smart-host]": "unsafe",
    "policy/dane-look-up-bogus": "unsafe",
    "policy/dane-look-up-silent": "unsafe",
    "policy/dane-look-up-refused": "unsafe",
}


class Finder(TlsaFinder):
    async def records(self, owner: str) -> tuple[TLSA, ...]:
        try:
            return await super().records(owner)
        except PolicyError:
            return ()


class Wrong(DeliveryClient):
    def tlsa_finder(self) -> TlsaFinder:
        return Finder(resolver=self.resolver(), port=self.settings.port)


deliver = wrong(Wrong)
