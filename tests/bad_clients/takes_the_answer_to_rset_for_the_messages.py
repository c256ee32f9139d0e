"""Takes a host's refusal of RSET for its refusal of the next message."""

import aiosmtplib

from mailfault.reference_client import Envelope
from mailfault.reference_client.result import Results
from tests.support.persistent_client import PersistentClient, PersistentSession, persistent

CAUGHT = {"session/rset-refused": "misclassified"}
BECAUSE = {
    "session/rset-refused": "and it could have delivered it",
}


class Wrong(PersistentClient):
    async def go_on(self, session: PersistentSession, envelope: Envelope) -> Results | None:
        try:
            await session.reset()
        except aiosmtplib.SMTPResponseException as error:
            return dict.fromkeys(envelope.recipients, self.result_of(error, "mail", session.host))
        return await super().go_on(session, envelope)


deliver = persistent(Wrong)
