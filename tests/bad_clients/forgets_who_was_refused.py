"""Gives every recipient the answer of the last stage: a refused one is kept and tried again (smtplib's exceptions do so)."""

from mailfault.reference_client import DeliveryClient, Envelope, Session
from mailfault.reference_client.result import Results
from tests.support.variants import wrong

CAUGHT = {
    "compound/one-refused-then-message-deferred": "misclassified",
    "compound/one-refused-then-reply-lost": "misclassified",
}


class Wrong(DeliveryClient):
    async def transact(self, session: Session, envelope: Envelope) -> Results:
        results = await super().transact(session, envelope)
        kept = next((result for result in results.values() if result.outcome == "deferred"), None)
        return results if kept is None else dict.fromkeys(results, kept)


deliver = wrong(Wrong)
