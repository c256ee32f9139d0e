"""Begins the next message on a connection where the last transaction is still open."""

from tests.support.persistent_client import PersistentClient, PersistentSession, persistent

CAUGHT = {
    "session/recovers-from-unknown-user[route=mx]": "misclassified",
    "session/recovers-from-greylisting[route=smart-host]": "misclassified",
    "session/recovers-from-data-refused": "misclassified",
    "session/two-different-refusals[route=mx]": "not-reached",
    "one-of-two-messages[message=1,stage=rcpt,how=554]": "misclassified",
    "one-of-two-messages[message=1,stage=data,how=451]": "misclassified",
}


class Wrong(PersistentClient):
    async def still_serves(self, session: PersistentSession) -> bool:
        return True


deliver = persistent(Wrong)
