"""Follows the policy host wherever it points."""

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.https import Response
from mailfault.reference_client.mta_sts import PolicyFinder
from tests.support.variants import wrong

CAUGHT = {
    "policy/sts-policy-host-redirects": "misclassified",
}


class Finder(PolicyFinder):
    async def ask(self, host: str, path: str) -> Response:
        response = await super().ask(host, path)
        while "location" in response.headers:
            response = await super().ask(host, response.headers["location"])
        return response


class Wrong(DeliveryClient):
    def policy_finder(self) -> PolicyFinder:
        return Finder(resolver=self.resolver(), settings=self.settings)


deliver = wrong(Wrong)
