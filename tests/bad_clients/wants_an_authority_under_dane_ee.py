"""Wants a certificate to be signed by an authority though a TLSA record vouches for its key."""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from dns.rdtypes.ANY.TLSA import TLSA

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.dane import DaneDemand, TlsaFinder, is_usable
from mailfault.reference_client.demand import Demand, PolicyError
from tests.support.variants import wrong

CAUGHT = {
    "policy/dane-ee-self-signed": "misclassified",
}


class Demanded(DaneDemand):
    def check_presented(self, chain: Sequence[x509.Certificate], *, names: tuple[str, ...], now: datetime) -> None:
        super().check_presented(chain, names=names, now=now)
        if len(chain) == 1:
            raise PolicyError("the certificate is self-signed", code="4.7.323")


class Finder(TlsaFinder):
    def demand_of(self, records: Sequence[TLSA]) -> Demand | None:
        return Demanded(tuple(record for record in records if is_usable(record)))


class Wrong(DeliveryClient):
    def tlsa_finder(self) -> TlsaFinder:
        return Finder(resolver=self.resolver(), port=self.settings.port)


deliver = wrong(Wrong)
