from mailfault_servers.dns.query import MessageFault
from mailfault_servers.dns.wire import with_lying_length
from mailfault_servers.fault import fault


@fault
class LyingLength(MessageFault):
    """Say that the data of the answer's record is longer than what follows (RFC 1035 4.1.3, RDLENGTH).

    A reader that believes it runs past the end of the message. Nothing in it can be trusted.
    """

    def change(self, message: bytes) -> bytes:
        return with_lying_length(message)
