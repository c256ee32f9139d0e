"""Wants the MTA-STS record to be the only text of its name."""

from collections.abc import Sequence

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.mta_sts import PolicyFinder
from tests.support.variants import wrong

CAUGHT = {
    "policy/sts-record-beside-another-text": "unsafe",
}


class Finder(PolicyFinder):
    def id_of(self, texts: Sequence[str]) -> str | None:
        return super().id_of(texts) if len(texts) == 1 else None


class Wrong(DeliveryClient):
    def policy_finder(self) -> PolicyFinder:
        return Finder(resolver=self.resolver(), settings=self.settings)


deliver = wrong(Wrong)
