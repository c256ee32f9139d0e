"""Reads whatever the policy host answers, with whatever status and of whatever type."""

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.https import Response
from mailfault.reference_client.mta_sts import PolicyFinder
from tests.support.variants import wrong

CAUGHT = {
    "policy/sts-policy-host-404": "misclassified",
    "policy/sts-policy-host-500": "misclassified",
    "policy/sts-policy-not-text": "tolerated",
}


class Finder(PolicyFinder):
    def body(self, response: Response) -> bytes:
        return response.body


class Wrong(DeliveryClient):
    def policy_finder(self) -> PolicyFinder:
        return Finder(resolver=self.resolver(), settings=self.settings)


deliver = wrong(Wrong)
