"""Opens a new connection for each message and closes none."""

from mailfault.reference_client import MailHost
from tests.bad_clients.keeping import KeepingClient, Key, keeping

CAUGHT = {"session/too-many-connections": "misclassified"}


class Wrong(KeepingClient):
    def key(self, host: MailHost) -> Key:
        return (*super().key(host), len(self.connections))  # never found again


deliver = keeping(Wrong)
