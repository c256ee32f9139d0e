from mailfault_servers.dns.query import MessageFault
from mailfault_servers.dns.wire import without_question
from mailfault_servers.fault import fault


@fault
class NoQuestion(MessageFault):
    """Answer without repeating the question (RFC 1035 4.1, QDCOUNT 0).

    Whether it answers this question nobody can tell, so a client that is careful takes no notice of it (RFC 5452 4.2).
    """

    def change(self, message: bytes) -> bytes:
        return without_question(message)
