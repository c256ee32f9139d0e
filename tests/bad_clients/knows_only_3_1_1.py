"""Can read one kind of TLSA record."""

from collections.abc import Sequence

from dns.rdtypes.ANY.TLSA import TLSA

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.dane import TlsaFinder
from mailfault.reference_client.demand import Demand, PolicyError
from tests.support.variants import wrong

CAUGHT = {
    "policy/dane-3-0-1": "not-reached",
    "policy/dane-3-1-2": "not-reached",
    "policy/dane-3-1-0": "not-reached",
    "policy/dane-2-1-1": "not-reached",
    "policy/dane-2-0-1": "not-reached",
}


class Finder(TlsaFinder):
    def demand_of(self, records: Sequence[TLSA]) -> Demand | None:
        if all((record.usage, record.selector, record.mtype) != (3, 1, 1) for record in records):
            raise PolicyError("no TLSA record that is known", code="4.7.323")
        return super().demand_of(records)


class Wrong(DeliveryClient):
    def tlsa_finder(self) -> TlsaFinder:
        return Finder(resolver=self.resolver(), port=self.settings.port)


deliver = wrong(Wrong)
