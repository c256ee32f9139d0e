"""Never fetches a policy again while it has one cached."""

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.mta_sts import PolicyFinder, StsPolicy
from tests.support.variants import wrong

CAUGHT = {
    "policy/sts-cached-and-replaced": "misclassified",
}


class Finder(PolicyFinder):
    async def find(self, domain: str) -> StsPolicy | None:
        known = self.known()
        return known[1] if known is not None else await super().find(domain)


class Wrong(DeliveryClient):
    def policy_finder(self) -> PolicyFinder:
        return Finder(resolver=self.resolver(), settings=self.settings)


deliver = wrong(Wrong)
