"""Reads whatever the policy host answers, with whatever status, of whatever type and length."""

import aiohttp

from harness.reference_client import DeliveryClient
from harness.reference_client.mta_sts import PolicyFinder
from tests.miniatures.making import wrong

CAUGHT = {
    "policy/sts-policy-host-404": "not-reached",
    "policy/sts-policy-host-500": "not-reached",
    "policy/sts-policy-not-text": "tolerated",
    "policy/sts-policy-over-long": "tolerated",
}


class Finder(PolicyFinder):
    async def body(self, response: aiohttp.ClientResponse) -> bytes:
        return await response.read()


class Wrong(DeliveryClient):
    def policy_finder(self) -> PolicyFinder:
        return Finder(resolver=self.resolver(), settings=self.settings)


deliver = wrong(Wrong)
