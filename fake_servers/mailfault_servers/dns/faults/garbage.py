from mailfault_servers.dns.query import MessageFault
from mailfault_servers.dns.wire import GARBAGE
from mailfault_servers.fault import fault


@fault
class Garbage(MessageFault):
    """Answer with bytes that are no DNS message.

    Another service listens on the port, or a middlebox broke in. There is no id in it to match, so a client takes no
    notice and, as nothing else comes, the question was never answered.
    """

    def change(self, message: bytes) -> bytes:
        return GARBAGE
