"""Says that a domain without MX record cannot be reached."""

import dns.resolver

from mailfault.reference_client import DeliveryClient
from tests.support.variants import wrong

CAUGHT = {"dns/no-mx-record": "misclassified"}


class Wrong(DeliveryClient):
    async def find_hosts(self, domain: str) -> tuple[str, ...]:
        names = await super().find_hosts(domain)
        if names == (domain,):
            raise dns.resolver.NoAnswer()  # type: ignore[no-untyped-call]
        return names


deliver = wrong(Wrong)
