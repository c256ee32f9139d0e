"""Accepts any certificate of the CA in a TLSA record, for any name and any age."""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from dns.rdtypes.ANY.TLSA import TLSA

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.dane import DaneDemand, TlsaFinder, is_usable
from mailfault.reference_client.demand import Demand
from tests.support.variants import wrong

CAUGHT = {
    "policy/dane-ta-expired": "unsafe",
    "policy/dane-ta-wrong-name": "unsafe",
}


class Demanded(DaneDemand):
    def check_chain(self, chain: Sequence[x509.Certificate], *, names: tuple[str, ...], now: datetime) -> None:
        pass


class Finder(TlsaFinder):
    def demand_of(self, records: Sequence[TLSA]) -> Demand | None:
        return Demanded(tuple(record for record in records if is_usable(record)))


class Wrong(DeliveryClient):
    def tlsa_finder(self) -> TlsaFinder:
        return Finder(resolver=self.resolver(), port=self.settings.port)


deliver = wrong(Wrong)
