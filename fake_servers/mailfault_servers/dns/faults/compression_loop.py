from mailfault_servers.dns.query import MessageFault
from mailfault_servers.dns.wire import with_compression_loop
from mailfault_servers.fault import fault


@fault
class CompressionLoop(MessageFault):
    """Answer with a name whose compression pointer points to itself (RFC 1035 4.1.4, RFC 9267 2).

    A reader that follows pointers without counting never ends. This is the oldest way to hang a resolver.
    """

    def change(self, message: bytes) -> bytes:
        return with_compression_loop(message)
