"""Asks the policy host for a policy whatever DNS says."""

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.mta_sts import PolicyFinder
from tests.support.variants import wrong

CAUGHT = {
    "policy/sts-record-gone": "misclassified",
    "policy/sts-record-servfail": "misclassified",
}


class Finder(PolicyFinder):
    async def record_id(self, domain: str) -> str | None:
        return await super().record_id(domain) or "unknown"


class Wrong(DeliveryClient):
    def policy_finder(self) -> PolicyFinder:
        return Finder(resolver=self.resolver(), settings=self.settings)


deliver = wrong(Wrong)
