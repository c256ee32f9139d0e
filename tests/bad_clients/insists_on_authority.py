"""Refuses answers without AA or RA, TTL 0, and whatever has a record that it does not know."""

import dns.flags
import dns.message
import dns.name
import dns.rdatatype

from mailfault.reference_client import DeliveryClient, Resolver, Settings
from mailfault.reference_client.name_server import NameServer, Unanswerable
from tests.support.variants import wrong

CAUGHT = {
    f"dns/{story}[route={route}]": "not-reached"
    for story in ("answer-without-aa", "answer-without-ra", "unknown-record-first", "zero-ttl")
    for route in ("mx", "smart-host")
}


class Strict(NameServer):
    async def ask(self, name: dns.name.Name, kind: str) -> dns.message.Message:
        response = await super().ask(name, kind)
        wanted = dns.flags.AA | dns.flags.RA
        known = (dns.rdatatype.MX, dns.rdatatype.A, dns.rdatatype.AAAA, dns.rdatatype.CNAME, dns.rdatatype.TXT)
        if response.flags & wanted != wanted or any(
            rrset.ttl == 0 or rrset.rdtype not in known for rrset in response.answer
        ):
            raise Unanswerable(f"{kind} of {name}: odd")  # type: ignore[no-untyped-call]
        return response


class StrictResolver(Resolver):
    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._server = Strict(*settings.resolver, limit_s=settings.dns_s, flags=dns.flags.RD)


class Wrong(DeliveryClient):
    def resolver(self) -> Resolver:
        return StrictResolver(self.settings)


deliver = wrong(Wrong)
