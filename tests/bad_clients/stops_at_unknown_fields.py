"""Takes a policy with a field that it does not know for no policy."""

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.mta_sts import NoPolicy, PolicyFinder, StsPolicy
from tests.support.variants import wrong

CAUGHT = {
    "policy/sts-policy-unknown-field": "unsafe",
}


class Finder(PolicyFinder):
    def parse(self, body: bytes) -> StsPolicy:
        if {line.partition(b":")[0] for line in body.splitlines()} - {b"version", b"mode", b"mx", b"max_age"}:
            raise NoPolicy("an unknown field")
        return super().parse(body)


class Wrong(DeliveryClient):
    def policy_finder(self) -> PolicyFinder:
        return Finder(resolver=self.resolver(), settings=self.settings)


deliver = wrong(Wrong)
