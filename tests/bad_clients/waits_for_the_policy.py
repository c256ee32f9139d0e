"""Holds mail back while a policy is announced and cannot be had."""

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.demand import PolicyError
from mailfault.reference_client.mta_sts import NoPolicy, PolicyFinder, StsPolicy
from tests.support.variants import wrong

CAUGHT = {
    "policy/sts-policy-host-refuses": "not-reached",
    "policy/sts-policy-host-silent": "not-reached",
    "policy/sts-policy-host-no-answer": "not-reached",
    "policy/sts-policy-host-closes": "not-reached",
    "policy/sts-policy-host-without-tls": "not-reached",
    "policy/sts-policy-host-gone": "not-reached",
    "policy/sts-policy-too-late": "not-reached",
    "policy/sts-policy-no-max-age": "not-reached",
    "policy/sts-policy-no-mx": "not-reached",
    "policy/sts-policy-no-version": "not-reached",
}


class Finder(PolicyFinder):
    async def fetch(self, domain: str) -> StsPolicy:
        try:
            return await super().fetch(domain)
        except NoPolicy as error:
            raise PolicyError(str(error), code="4.4.8") from error


class Wrong(DeliveryClient):
    def policy_finder(self) -> PolicyFinder:
        return Finder(resolver=self.resolver(), settings=self.settings)


deliver = wrong(Wrong)
