"""Returns a message to its sender because its connection may bring no more messages."""

from dataclasses import replace

from mailfault.reference_client import Envelope
from mailfault.reference_client.result import Results
from tests.support.persistent_client import PersistentClient, PersistentSession, persistent

CAUGHT = {"session/too-many-messages": "misclassified"}


class Wrong(PersistentClient):
    async def go_on(self, session: PersistentSession, envelope: Envelope) -> Results | None:
        if not await self.still_serves(session):
            return None
        results = await self.transact(session, envelope)
        return {
            who: replace(result, outcome="failed") if result.reply is not None and result.reply.code == 421 else result
            for who, result in results.items()
        }


deliver = persistent(Wrong)
