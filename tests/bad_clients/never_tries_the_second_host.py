"""Stops at the most preferred host, whatever becomes of it."""

from mailfault.reference_client import DeliveryClient
from tests.support.variants import wrong

CAUGHT = {"connect/second-mx-after-refused": "misclassified", "connect/second-mx-after-421": "misclassified"}


class Wrong(DeliveryClient):
    async def find_hosts(self, domain: str) -> tuple[str, ...]:
        return (await super().find_hosts(domain))[:1]


deliver = wrong(Wrong)
