"""Matches the wildcard of a policy like one of a file name."""

import fnmatch

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.mta_sts import PolicyFinder, StsPolicy
from tests.support.variants import wrong

CAUGHT = {
    "policy/sts-wildcard-too-short": "unsafe",
}


class Loose(StsPolicy):
    def allows(self, host: str) -> bool:
        return any(fnmatch.fnmatchcase(host, pattern) for pattern in self.mx)


class Finder(PolicyFinder):
    def parse(self, body: bytes) -> StsPolicy:
        found = super().parse(body)
        return Loose(found.mode, found.mx)


class Wrong(DeliveryClient):
    def policy_finder(self) -> PolicyFinder:
        return Finder(resolver=self.resolver(), settings=self.settings)


deliver = wrong(Wrong)
