"""Holds mail back where a host has no TLSA records."""

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.dane import TlsaFinder
from mailfault.reference_client.demand import Demand, PolicyError
from tests.support.variants import wrong

CAUGHT = {
    "policy/dane-no-records": "not-reached",
}


class Finder(TlsaFinder):
    async def demand_on(self, name: str) -> Demand | None:
        found = await super().demand_on(name)
        if found is None:
            raise PolicyError(f"{name} has no TLSA records", code="4.7.323")
        return found


class Wrong(DeliveryClient):
    def tlsa_finder(self) -> TlsaFinder:
        return Finder(resolver=self.resolver(), port=self.settings.port)


deliver = wrong(Wrong)
