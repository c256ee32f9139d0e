"""Tries the hosts in reverse: the backup first, and the preferred one last."""

from mailfault.reference_client import DeliveryClient
from tests.support.variants import wrong

CAUGHT = {"connect/second-mx-after-refused": "not-reached", "connect/all-hosts-fail-differently": "misclassified"}


class Wrong(DeliveryClient):
    async def find_hosts(self, domain: str) -> tuple[str, ...]:
        return (await super().find_hosts(domain))[::-1]


deliver = wrong(Wrong)
