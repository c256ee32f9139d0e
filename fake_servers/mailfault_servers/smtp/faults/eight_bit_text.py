from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.form import FormFault


@fault
class EightBitText(FormFault):
    """Put bytes into the text of a reply that are neither ASCII nor UTF-8 (RFC 5321 4.2 allows ASCII alone).

    An old server in a language with accents. The code says what is meant; a client that falls over the text loses both.
    """

    def leave(self, reply: bytes) -> Sequence[Action]:
        return (Send(reply.removesuffix(b"\r\n") + b" r\xe9ponse \xa7\xff\r\n"),)
