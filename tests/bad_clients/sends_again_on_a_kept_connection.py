"""Sends a message a second time where it went out on a connection that was kept: the first 250 is taken for an old one."""

from mailfault.reference_client import Envelope
from mailfault.reference_client.result import Results
from tests.support.persistent_client import PersistentClient, PersistentSession, persistent

CAUGHT = {"session/three-messages[route=mx]": "unsafe", "session/too-many-connections": "unsafe"}


class Wrong(PersistentClient):
    async def go_on(self, session: PersistentSession, envelope: Envelope) -> Results | None:
        await super().go_on(session, envelope)
        return await super().go_on(session, envelope)


deliver = persistent(Wrong)
