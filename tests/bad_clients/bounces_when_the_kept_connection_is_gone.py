"""Returns a message to its sender because its kept connection is gone, instead of reconnecting."""

from mailfault.codes.failure import Failure
from mailfault.reference_client import Envelope, Result
from mailfault.reference_client.result import Results
from tests.support.persistent_client import PersistentClient, PersistentSession, persistent

CAUGHT = {
    "session/idle-421[route=mx]": "misclassified",
    "session/idle-421-shutdown": "misclassified",
    "session/idle-close[route=smart-host]": "misclassified",
    "session/idle-close-each": "misclassified",
    "session/idle-reset[route=mx]": "misclassified",
    "session/idle-silent": "misclassified",
    "session/tls-session-forgotten[tls=verified]": "misclassified",
    "session/rset-421": "misclassified",
}


class Wrong(PersistentClient):
    async def go_on(self, session: PersistentSession, envelope: Envelope) -> Results | None:
        results = await super().go_on(session, envelope)
        if results is not None:
            return results
        gone = Result(outcome="failed", failure=Failure.CONNECTION_CLOSED, text="connection lost", host=session.host)
        return dict.fromkeys(envelope.recipients, gone)


deliver = persistent(Wrong)
