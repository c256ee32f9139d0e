"""Follows the policy host wherever it points."""

from contextlib import AbstractAsyncContextManager

import aiohttp

from harness.reference_client import DeliveryClient
from harness.reference_client.mta_sts import PolicyFinder
from tests.miniatures.making import wrong

CAUGHT = {
    "policy/sts-policy-host-redirects": "not-reached",
}


class Finder(PolicyFinder):
    def ask(self, session: aiohttp.ClientSession, url: str) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        return session.get(url, allow_redirects=True)


class Wrong(DeliveryClient):
    def policy_finder(self) -> PolicyFinder:
        return Finder(resolver=self.resolver(), settings=self.settings)


deliver = wrong(Wrong)
