"""Ends a question at the first datagram that does not answer it, which anybody can send."""

import dns.asyncquery
import dns.flags
import dns.message
from dns._asyncbackend import DatagramSocket

from mailfault.reference_client import DeliveryClient, Resolver, Settings
from mailfault.reference_client.name_server import NameServer
from tests.support.variants import wrong

CAUGHT = {
    "dns/forged-id-first[route=mx]": "not-reached",
    "dns/forged-question-first[route=mx]": "not-reached",
}


class Hasty(NameServer):
    async def _ask_once(
        self, query: dns.message.Message, sock: DatagramSocket, patience_s: float, end: float
    ) -> dns.message.Message:
        address, port = self._where
        return await dns.asyncquery.udp(query, address, timeout=max(0.0, patience_s), port=port, sock=sock)


class HastyResolver(Resolver):
    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._server = Hasty(*settings.resolver, limit_s=settings.dns_s, flags=dns.flags.RD)


class Wrong(DeliveryClient):
    def resolver(self) -> Resolver:
        return HastyResolver(self.settings)


deliver = wrong(Wrong)
