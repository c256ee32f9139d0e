"""Holds all mail back to domains that have a policy."""

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.demand import Demand, PolicyError
from tests.support.variants import wrong

CAUGHT = {
    "policy/sts-enforce": "not-reached",
    "policy/sts-cached-and-unchanged": "not-reached",
    "policy/dane-3-1-1[route=mx]": "not-reached",
    "policy/dane-3-1-1[route=smart-host]": "not-reached",
    "policy/dane-unusable-beside-a-match": "not-reached",
}


class Wrong(DeliveryClient):
    async def demand_on(self, name: str, domain: str) -> Demand | None:
        if await super().demand_on(name, domain) is not None:
            raise PolicyError("the domain has a policy")
        return None


deliver = wrong(Wrong)
