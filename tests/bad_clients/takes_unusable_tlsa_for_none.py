"""Forgets that unusable TLSA records still demand TLS."""

from collections.abc import Sequence

from dns.rdtypes.ANY.TLSA import TLSA

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.dane import TlsaFinder, is_usable
from mailfault.reference_client.demand import Demand
from tests.support.variants import wrong

CAUGHT = {
    "policy/dane-unusable-and-no-starttls": "unsafe",
}


class Finder(TlsaFinder):
    def demand_of(self, records: Sequence[TLSA]) -> Demand | None:
        return super().demand_of(records) if any(is_usable(record) for record in records) else None


class Wrong(DeliveryClient):
    def tlsa_finder(self) -> TlsaFinder:
        return Finder(resolver=self.resolver(), port=self.settings.port)


deliver = wrong(Wrong)
