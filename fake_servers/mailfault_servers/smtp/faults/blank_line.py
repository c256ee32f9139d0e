from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.form import FormFault


@fault
class BlankLine(FormFault):
    """Say an empty line before a reply (RFC 5321 4.2).

    Something behind the server talks too much. A strict client finds no code in the line, a lenient one reads on.
    """

    def leave(self, reply: bytes) -> Sequence[Action]:
        return (Send(b"\r\n" + reply),)
