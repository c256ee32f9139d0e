"""Takes silence about the MX for an empty answer, and returns the mail because the domain's web host refuses it."""

from dns.exception import DNSException

from mailfault.reference_client import DeliveryClient
from tests.support.variants import wrong

CAUGHT = {"dns/mx-silent-web-host-refuses": "misclassified"}
BECAUSE = {
    "dns/mx-silent-web-host-refuses": "the client returns the mail on the word of dest.example, which has nothing"
}


class Wrong(DeliveryClient):
    async def find_hosts(self, domain: str) -> tuple[str, ...]:
        try:
            return await super().find_hosts(domain)
        except DNSException:
            return (domain,)


deliver = wrong(Wrong)
