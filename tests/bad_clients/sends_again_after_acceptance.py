"""Sends the message a second time on the same connection, though the first copy was accepted."""

from mailfault.reference_client import DeliveryClient, Envelope
from mailfault.reference_client.result import Results
from mailfault.reference_client.session import Session
from tests.support.variants import wrong

CAUGHT = {"control/plain[route=mx]": "unsafe", "smtp/quit-close": "unsafe", "smtp/quit-reset": "unsafe"}


class Wrong(DeliveryClient):
    async def transact(self, session: Session, envelope: Envelope) -> Results:
        first = await super().transact(session, envelope)
        accepted = all(result.outcome == "delivered" for result in first.values())
        return await super().transact(session, envelope) if accepted else first


deliver = wrong(Wrong)
