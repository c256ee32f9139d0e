from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.form import FormFault


@fault
class NoText(FormFault):
    """Answer with a code and nothing else (RFC 5321 4.2: the text is optional).

    Three digits and CRLF are a whole reply. A client that wants a blank behind them is too strict.
    """

    def leave(self, reply: bytes) -> Sequence[Action]:
        return (Send(reply[:3] + b"\r\n"),)
