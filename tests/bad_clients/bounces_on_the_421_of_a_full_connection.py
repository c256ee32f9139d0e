"""Returns a message to its sender because its connection may bring no more messages."""

from dataclasses import replace

from mailfault.reference_client import Envelope
from mailfault.reference_client.result import Results
from tests.bad_clients.keeping import KeepableSession, KeepingClient, keeping

CAUGHT = {"session/too-many-messages": "misclassified"}


class Wrong(KeepingClient):
    async def go_on(self, session: KeepableSession, envelope: Envelope) -> Results | None:
        if not await self.still_serves(session):
            return None
        results = await self.transact(session, envelope)
        return {
            who: replace(one, outcome="failed") if one.reply is not None and one.reply.code == 421 else one
            for who, one in results.items()
        }


deliver = keeping(Wrong)
