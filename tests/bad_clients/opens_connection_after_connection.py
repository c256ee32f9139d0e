"""Opens a new connection for each message and closes none."""

from mailfault.reference_client import MailHost
from tests.support.persistent_client import Key, PersistentClient, persistent

CAUGHT = {"session/too-many-connections": "misclassified"}


class Wrong(PersistentClient):
    def key(self, host: MailHost) -> Key:
        return (*super().key(host), len(self.connections))  # never found again


deliver = persistent(Wrong)
