from collections.abc import Sequence

from mailfault_servers import action
from mailfault_servers.action import Action, Hang
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import ReplyReady
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import StageFault


@fault
class HalfClose(StageFault):
    """Close the server's direction only (FIN), and go on reading, in place of the reply to one stage.

    The client's writes still succeed, so a client that only looks at its writes notices nothing. Its next read says
    end of file: nothing more will ever be answered on this connection (RFC 9293 3.6).
    """

    at: Stage = Stage.EHLO
    """The stage whose reply never comes."""

    def on_reply(self, event: ReplyReady, honest: Sequence[Action]) -> Sequence[Action]:
        return (action.HalfClose(), Hang())
