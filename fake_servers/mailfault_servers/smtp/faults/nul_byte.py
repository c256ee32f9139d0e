from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.form import FormFault


@fault
class NulByte(FormFault):
    """Put a NUL byte into the text of a reply (RFC 5321 4.2 allows printable ASCII alone).

    A server that writes one byte too many of its buffer. The code and the end of the line are where they should be; a
    client that ends its strings at NUL must not lose the rest.
    """

    def leave(self, reply: bytes) -> Sequence[Action]:
        return (Send(reply.removesuffix(b"\r\n") + b" \x00 ok\r\n"),)
