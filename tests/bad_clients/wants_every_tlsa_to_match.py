"""Wants every TLSA record to match the certificate."""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from dns.rdtypes.ANY.TLSA import TLSA

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.dane import DaneDemand, TlsaFinder, is_usable, matches
from mailfault.reference_client.demand import Demand, PolicyError
from tests.support.variants import wrong

CAUGHT = {
    "policy/dane-one-of-two-matches": "misclassified",
}


class Demanded(DaneDemand):
    def check_presented(self, chain: Sequence[x509.Certificate], *, names: tuple[str, ...], now: datetime) -> None:
        super().check_presented(chain, names=names, now=now)
        if not all(matches(record, chain[0]) for record in self.records if record.usage == 3):
            raise PolicyError("a TLSA record does not match the certificate", code="4.7.323")


class Finder(TlsaFinder):
    def demand_of(self, records: Sequence[TLSA]) -> Demand | None:
        return Demanded(tuple(record for record in records if is_usable(record)))


class Wrong(DeliveryClient):
    def tlsa_finder(self) -> TlsaFinder:
        return Finder(resolver=self.resolver(), port=self.settings.port)


deliver = wrong(Wrong)
