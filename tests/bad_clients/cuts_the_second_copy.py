"""Sends each recipient a message of its own, and cuts every one but the first."""

from collections.abc import Mapping

from mailfault.reference_client import DeliveryClient, Envelope, Result, Session
from tests.support.variants import wrong

CAUGHT = {"control/two-recipients": "unsafe"}
BECAUSE = {"control/two-recipients": "took another message for other@dest.example than the client was given"}


class Wrong(DeliveryClient):
    async def transact(self, session: Session, envelope: Envelope) -> Mapping[str, Result]:
        results: dict[str, Result] = {}
        message = envelope.message
        for recipient in envelope.recipients:
            single = Envelope(sender=envelope.sender, recipients=(recipient,), message=message)
            results |= await super().transact(session, single)
            message = envelope.message[:800]
        return results


deliver = wrong(Wrong)
