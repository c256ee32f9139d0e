"""Believes that there is a policy wherever a text says STS."""

from collections.abc import Sequence

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.mta_sts import PolicyFinder
from tests.support.variants import wrong

CAUGHT = {
    "policy/sts-record-twice": "misclassified",
    "policy/sts-record-unknown-version": "misclassified",
    "policy/sts-record-without-id": "misclassified",
}


class Finder(PolicyFinder):
    def id_of(self, texts: Sequence[str]) -> str | None:
        return next((text for text in texts if "STS" in text), None)


class Wrong(DeliveryClient):
    def policy_finder(self) -> PolicyFinder:
        return Finder(resolver=self.resolver(), settings=self.settings)


deliver = wrong(Wrong)
