"""Sends the message again at once when the reply to the final dot is lost, and then keeps it queued, too."""

from mailfault.reference_client import DeliveryClient, Envelope, MailHost
from mailfault.reference_client.result import Results
from tests.support.variants import wrong

CAUGHT = {"smtp/end-of-data-close[route=mx]": "unsafe"}
BECAUSE = {"smtp/end-of-data-close[route=mx]": "2 times in one delivery, and the client will send it again"}


class Wrong(DeliveryClient):
    async def try_address(self, host: MailHost, envelope: Envelope) -> Results:
        results = await super().try_address(host, envelope)
        if any(result.possible_duplicate for result in results.values()):
            return await super().try_address(host, envelope)
        return results


deliver = wrong(Wrong)
