"""Asks for IPv4 addresses alone."""

from mailfault.reference_client import DeliveryClient, MailHost, Resolver
from mailfault.reference_client.resolve import NoAddress
from tests.support.variants import wrong

CAUGHT = {
    "connect/ipv6-only[route=mx]": "not-reached",
    "connect/ipv4-refused-ipv6-works[route=mx]": "misclassified",
}


class OldResolver(Resolver):
    async def addresses(self, name: str) -> tuple[MailHost, ...]:
        if found := tuple(host for host in await super().addresses(name) if ":" not in host.address):
            return found
        raise NoAddress(f"{name} has no address")  # type: ignore[no-untyped-call]


class Wrong(DeliveryClient):
    def resolver(self) -> Resolver:
        return OldResolver(self.settings)


deliver = wrong(Wrong)
