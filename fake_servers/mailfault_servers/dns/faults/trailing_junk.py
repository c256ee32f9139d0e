from mailfault_servers.dns.query import MessageFault
from mailfault_servers.fault import fault


@fault
class TrailingJunk(MessageFault):
    """Put bytes behind the end of the answer that belong to nothing.

    The message itself is whole and correct. Some resolvers ignore what follows it, others throw the answer away.
    """

    def change(self, message: bytes) -> bytes:
        return message + bytes(range(1, 17))
