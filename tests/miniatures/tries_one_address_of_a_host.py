"""Tries the first address of each host, and leaves the others alone."""

from harness.reference_client import DeliveryClient, MailHost, Resolver
from tests.miniatures.making import wrong

CAUGHT = {
    "connect/first-address-refused[route=mx]": "not-reached",
    "connect/first-address-silent[route=smart-host]": "not-reached",
    "connect/ipv6-refused-ipv4-works[route=mx]": "not-reached",
}


class HastyResolver(Resolver):
    async def addresses(self, name: str) -> tuple[MailHost, ...]:
        return (await super().addresses(name))[:1]


class Wrong(DeliveryClient):
    def resolver(self) -> Resolver:
        return HastyResolver(self.settings)


deliver = wrong(Wrong)
