"""Tries the first address of each host, and leaves the others alone."""

from mailfault.reference_client import DeliveryClient, MailHost, Resolver
from tests.support.variants import wrong

CAUGHT = {
    "connect/first-address-refused[route=mx]": "misclassified",
    "connect/first-address-silent[route=smart-host]": "misclassified",
    "connect/ipv6-refused-ipv4-works[route=mx]": "misclassified",
}


class HastyResolver(Resolver):
    async def addresses(self, name: str) -> tuple[MailHost, ...]:
        return (await super().addresses(name))[:1]


class Wrong(DeliveryClient):
    def resolver(self) -> Resolver:
        return HastyResolver(self.settings)


deliver = wrong(Wrong)
