"""Compares unusable TLSA records too, and finds that they do not match."""

from collections.abc import Sequence

from dns.rdtypes.ANY.TLSA import TLSA

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.dane import TlsaFinder, is_usable
from mailfault.reference_client.demand import Demand, PolicyError
from tests.support.variants import wrong

CAUGHT = {
    "policy/dane-unusable-usage": "not-reached",
    "policy/dane-unusable-selector": "not-reached",
}


class Finder(TlsaFinder):
    def demand_of(self, records: Sequence[TLSA]) -> Demand | None:
        if not any(is_usable(record) for record in records):
            raise PolicyError("no TLSA record matches the certificate", code="4.7.323")
        return super().demand_of(records)


class Wrong(DeliveryClient):
    def tlsa_finder(self) -> TlsaFinder:
        return Finder(resolver=self.resolver(), port=self.settings.port)


deliver = wrong(Wrong)
