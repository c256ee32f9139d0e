from mailfault_servers.dns.query import MessageFault
from mailfault_servers.dns.wire import with_bad_label
from mailfault_servers.fault import fault


@fault
class BadLabel(MessageFault):
    """Answer with a record whose name begins with a length that no label can have (RFC 1035 4.1.4).

    The two upper bits of a length are 00, or 11 for a pointer; this one is 10. Nothing behind it can be read.
    """

    def change(self, message: bytes) -> bytes:
        return with_bad_label(message)
