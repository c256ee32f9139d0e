from mailfault_servers.dns.query import MessageFault
from mailfault_servers.dns.wire import about_another_name
from mailfault_servers.fault import fault


@fault
class WrongQuestion(MessageFault):
    """Answer a question that was not asked (RFC 5452 4.2).

    The id is right and the question section names another domain. A client must take no notice of it; as nothing else
    comes, the question was never answered.
    """

    def change(self, message: bytes) -> bytes:
        return about_another_name(message)
