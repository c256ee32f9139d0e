"""Wants a certificate to be in date and for the name though a TLSA record vouches for its key."""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from dns.rdtypes.ANY.TLSA import TLSA

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.dane import DaneDemand, TlsaFinder, check_chain, is_usable
from mailfault.reference_client.demand import Demand
from tests.support.variants import wrong

CAUGHT = {
    "policy/dane-ee-expired": "misclassified",
    "policy/dane-ee-wrong-name": "misclassified",
}


class Demanded(DaneDemand):
    def check_presented(self, chain: Sequence[x509.Certificate], *, names: tuple[str, ...], now: datetime) -> None:
        super().check_presented(chain, names=names, now=now)
        check_chain(chain[:1], names=names, now=now)


class Finder(TlsaFinder):
    def demand_of(self, records: Sequence[TLSA]) -> Demand | None:
        return Demanded(tuple(record for record in records if is_usable(record)))


class Wrong(DeliveryClient):
    def tlsa_finder(self) -> TlsaFinder:
        return Finder(resolver=self.resolver(), port=self.settings.port)


deliver = wrong(Wrong)
