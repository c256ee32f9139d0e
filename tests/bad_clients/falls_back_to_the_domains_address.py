"""Goes to the domain's own address where the MX leads nowhere."""

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, Envelope
from mailfault.reference_client.result import Results
from tests.support.variants import wrong

CAUGHT = {"dns/mx-target-without-address": "not-reached"}


class Wrong(DeliveryClient):
    async def try_host(self, name: str, envelope: Envelope) -> Results:
        results = await super().try_host(name, envelope)
        domain = envelope.recipients[0].rpartition("@")[2]
        nowhere = all(result.failure is Failure.DNS_QUERY_FAILED for result in results.values())
        return await super().try_host(domain, envelope) if nowhere and name != domain else results


deliver = wrong(Wrong)
