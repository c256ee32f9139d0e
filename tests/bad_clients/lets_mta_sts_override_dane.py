"""Is content with MTA-STS where DANE fails."""

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.demand import Demand
from tests.support.variants import wrong

CAUGHT = {
    "policy/dane-failure-outranks-sts": "unsafe",
    "policy/dane-before-sts": "tolerated",
}


class Wrong(DeliveryClient):
    async def demand_on(self, name: str, domain: str) -> Demand | None:
        if self._sts is not None and self._sts.is_enforced:
            return self._sts.demand
        return await super().demand_on(name, domain)


deliver = wrong(Wrong)
