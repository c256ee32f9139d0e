"""Takes a policy that says no version or no mode it knows for one that is enforced."""

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.mta_sts import PolicyFinder, StsPolicy
from tests.support.variants import wrong

CAUGHT = {
    "policy/sts-policy-unknown-version": "misclassified",
    "policy/sts-policy-no-version": "misclassified",
    "policy/sts-policy-no-mode": "misclassified",
    "policy/sts-policy-unknown-mode": "misclassified",
    "policy/sts-policy-no-max-age": "misclassified",
}


class Finder(PolicyFinder):
    def parse(self, body: bytes) -> StsPolicy:
        named = [line[3:].strip() for line in body.decode().splitlines() if line.startswith("mx:")]
        return StsPolicy(mode="enforce", mx=tuple(named))


class Wrong(DeliveryClient):
    def policy_finder(self) -> PolicyFinder:
        return Finder(resolver=self.resolver(), settings=self.settings)


deliver = wrong(Wrong)
