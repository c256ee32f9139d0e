from collections.abc import Sequence
from typing import Literal

from mailfault_servers.action import Action, Close, Hang, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import ReplyReady
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import StageFault


@fault
class Garbage(StageFault):
    """Answer one stage with something that is no SMTP reply, and close.

    Another service sits on the port (here a web server's error, by default), or a middlebox broke in. There is no
    reply code to act on (RFC 5321 4.2), so nothing was said about the message.
    """

    at: Stage = Stage.GREETING
    """The stage that is answered so."""
    line: str = "HTTP/1.1 400 Bad Request"
    """The answer, without its line end."""
    then: Literal["close", "silent"] = "close"
    """FIN, or an open connection on which nothing more is said."""

    def on_reply(self, event: ReplyReady, honest: Sequence[Action]) -> Sequence[Action]:
        return (Send(self.line.encode() + b"\r\n"), Close() if self.then == "close" else Hang())
