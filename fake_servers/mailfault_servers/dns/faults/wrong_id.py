from mailfault_servers.dns.query import MessageFault
from mailfault_servers.dns.wire import with_other_id
from mailfault_servers.fault import fault


@fault
class WrongId(MessageFault):
    """Answer rightly, under another query id (RFC 5452 4.1).

    What a forger who cannot see the question sends. A client must take no notice of it; as nothing else comes, the
    question was never answered. A client that believes it can be led anywhere.
    """

    def change(self, message: bytes) -> bytes:
        return with_other_id(message)
