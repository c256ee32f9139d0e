"""Begins the next message on a connection where the last transaction is still open."""

from tests.bad_clients.keeping import KeepableSession, KeepingClient, keeping

CAUGHT = {
    "session/recovers-from-unknown-user[route=mx]": "misclassified",
    "session/recovers-from-greylisting[route=smart-host]": "misclassified",
    "session/recovers-from-data-refused": "misclassified",
    "session/two-different-refusals[route=mx]": "not-reached",
    "one-of-two-messages[message=1,stage=rcpt,how=554]": "misclassified",
    "one-of-two-messages[message=1,stage=data,how=451]": "misclassified",
}


class Wrong(KeepingClient):
    async def still_serves(self, session: KeepableSession) -> bool:
        return True


deliver = keeping(Wrong)
