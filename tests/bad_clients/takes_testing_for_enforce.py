"""Enforces every policy, also one that is only tested or given up."""

from dataclasses import replace

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.mta_sts import PolicyFinder, StsPolicy
from tests.support.variants import wrong

CAUGHT = {
    "policy/sts-testing": "misclassified",
    "policy/sts-testing-mx-mismatch": "not-reached",
    "policy/sts-none": "misclassified",
}


class Finder(PolicyFinder):
    def parse(self, body: bytes) -> StsPolicy:
        return replace(super().parse(body), mode="enforce")


class Wrong(DeliveryClient):
    def policy_finder(self) -> PolicyFinder:
        return Finder(resolver=self.resolver(), settings=self.settings)


deliver = wrong(Wrong)
