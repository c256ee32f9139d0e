"""Knows only one of the two line ends that a policy may have."""

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.mta_sts import NoPolicy, PolicyFinder, StsPolicy
from tests.support.variants import wrong

CAUGHT = {
    "policy/sts-policy-line-feeds": "unsafe",
}


class Finder(PolicyFinder):
    def parse(self, body: bytes) -> StsPolicy:
        if b"\r\n" not in body:
            raise NoPolicy("one long line")
        return super().parse(body)


class Wrong(DeliveryClient):
    def policy_finder(self) -> PolicyFinder:
        return Finder(resolver=self.resolver(), settings=self.settings)


deliver = wrong(Wrong)
