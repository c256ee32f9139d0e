"""Asks for TLSA records under the name that a host's alias leads to, and nowhere else."""

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.dane import TlsaFinder
from tests.support.variants import wrong

CAUGHT = {
    "policy/dane-mail-host-is-an-alias": "unsafe",
}


class Finder(TlsaFinder):
    def bases(self, name: str) -> tuple[str, ...]:
        return super().bases(name)[:1]


class Wrong(DeliveryClient):
    def tlsa_finder(self) -> TlsaFinder:
        return Finder(resolver=self.resolver(), port=self.settings.port)


deliver = wrong(Wrong)
