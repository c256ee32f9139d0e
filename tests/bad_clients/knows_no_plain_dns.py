"""Asks once, with EDNS, and takes an error code or silence for the last word."""

import dns.asyncquery
import dns.message
import dns.name

from mailfault.reference_client import DeliveryClient, Resolver, Settings
from mailfault.reference_client.name_server import NameServer
from tests.support.variants import wrong

CAUGHT = {
    "dns/edns-formerr[route=mx]": "tolerated",
    "dns/edns-badvers[route=smart-host]": "tolerated",
    "dns/edns-silent[route=mx]": "tolerated",
    "dns/first-question-servfail[route=mx]": "tolerated",
    "dns/first-question-lost[route=smart-host]": "tolerated",
}


class AsksOnce(NameServer):
    async def _exchange(self, name: dns.name.Name, kind: str) -> dns.message.Message:
        address, port = self._where
        query = dns.message.make_query(name, kind, use_edns=0, payload=1232)
        return await dns.asyncquery.udp(query, address, port=port, timeout=self._limit_s)


class ResolverThatAsksOnce(Resolver):
    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._server = AsksOnce(*settings.resolver, limit_s=settings.dns_s, flags=0x100)


class Wrong(DeliveryClient):
    def resolver(self) -> Resolver:
        return ResolverThatAsksOnce(self.settings)


deliver = wrong(Wrong)
