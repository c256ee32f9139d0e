"""Keeps no policy from one day to the next."""

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.mta_sts import PolicyFinder
from tests.support.variants import wrong

CAUGHT = {
    "policy/sts-cached-record-gone": "unsafe",
    "policy/sts-cached-policy-host-refuses": "unsafe",
    "policy/sts-cached-policy-host-404": "unsafe",
}


class Finder(PolicyFinder):
    def known(self) -> None:
        return None


class Wrong(DeliveryClient):
    def policy_finder(self) -> PolicyFinder:
        return Finder(resolver=self.resolver(), settings=self.settings)


deliver = wrong(Wrong)
