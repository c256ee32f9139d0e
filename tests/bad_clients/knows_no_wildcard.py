"""Compares the names of a policy letter by letter."""

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.mta_sts import PolicyFinder, StsPolicy
from tests.support.variants import wrong

CAUGHT = {
    "policy/sts-wildcard": "not-reached",
}


class Literal(StsPolicy):
    def allows(self, host: str) -> bool:
        return host in self.mx


class Finder(PolicyFinder):
    def parse(self, body: bytes) -> StsPolicy:
        found = super().parse(body)
        return Literal(found.mode, found.mx)


class Wrong(DeliveryClient):
    def policy_finder(self) -> PolicyFinder:
        return Finder(resolver=self.resolver(), settings=self.settings)


deliver = wrong(Wrong)
