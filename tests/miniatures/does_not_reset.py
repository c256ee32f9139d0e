"""Begins the next message on a connection where the last transaction is still open."""

from tests.miniatures.keeping import KeepableSession, KeepingClient, keeping

CAUGHT = {
    "session/recovers-from-unknown-user[route=mx]": "not-reached",
    "session/recovers-from-greylisting[route=smart-host]": "not-reached",
    "session/recovers-from-data-refused": "not-reached",
    "session/two-different-refusals[route=mx]": "not-reached",
    "one-of-two-messages[message=1,stage=rcpt,how=554]": "not-reached",
    "one-of-two-messages[message=1,stage=data,how=451]": "not-reached",
}


class Wrong(KeepingClient):
    async def still_serves(self, session: KeepableSession) -> bool:
        return True


deliver = keeping(Wrong)
