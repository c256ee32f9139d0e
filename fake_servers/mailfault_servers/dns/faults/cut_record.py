from mailfault_servers.dns.query import MessageFault
from mailfault_servers.fault import fault


@fault
class CutRecord(MessageFault):
    """Break the answer off in the middle of its last record.

    The message is shorter than its own counts say. Nothing in it can be trusted, and nobody else answers.
    """

    def change(self, message: bytes) -> bytes:
        return message[: len(message) - 5]
