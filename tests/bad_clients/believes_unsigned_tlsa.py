"""Never asks whether an answer was verified."""

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.dane import TlsaFinder
from tests.support.variants import wrong

CAUGHT = {
    "policy/dane-insecure": "misclassified",
    "policy/dane-insecure-address": "tolerated",
}


class Finder(TlsaFinder):
    def is_secure(self, name: str, *kinds: str) -> bool:
        return True


class Wrong(DeliveryClient):
    def tlsa_finder(self) -> TlsaFinder:
        return Finder(resolver=self.resolver(), port=self.settings.port)


deliver = wrong(Wrong)
