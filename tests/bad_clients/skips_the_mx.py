"""Looks up the address of the recipient's domain and never its MX."""

from mailfault.reference_client import DeliveryClient
from tests.support.variants import wrong

CAUGHT = {"control/plain[route=mx]": "misclassified", "connect/second-mx-after-refused": "misclassified"}


class Wrong(DeliveryClient):
    async def find_hosts(self, domain: str) -> tuple[str, ...]:
        return await super().find_hosts(domain) if self.settings.route == "smart-host" else (domain,)


deliver = wrong(Wrong)
