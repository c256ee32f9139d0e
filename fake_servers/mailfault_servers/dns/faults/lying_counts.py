from mailfault_servers.dns.query import MessageFault
from mailfault_servers.dns.wire import with_more_answers_counted
from mailfault_servers.fault import fault


@fault
class LyingCounts(MessageFault):
    """Say that there are three answers more than there are (RFC 1035 4.1.1, ANCOUNT).

    A reader that believes the count runs past the end of the message. Nothing in it can be trusted.
    """

    def change(self, message: bytes) -> bytes:
        return with_more_answers_counted(message)
