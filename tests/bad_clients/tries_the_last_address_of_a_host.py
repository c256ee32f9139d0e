"""Tries the last address of each host, and leaves the others alone."""

from mailfault.reference_client import DeliveryClient, MailHost, Resolver
from tests.support.variants import wrong

CAUGHT = {"connect/ipv4-refused-ipv6-works[route=mx]": "misclassified"}


class LastResolver(Resolver):
    async def addresses(self, name: str) -> tuple[MailHost, ...]:
        return (await super().addresses(name))[-1:]


class Wrong(DeliveryClient):
    def resolver(self) -> Resolver:
        return LastResolver(self.settings)


deliver = wrong(Wrong)
