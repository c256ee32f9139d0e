from collections.abc import Sequence

from mailfault_servers import action
from mailfault_servers.action import Action
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import ReplyReady
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import StageFault


@fault
class Close(StageFault):
    """Close the connection (FIN) in place of the reply to one stage.

    The server did its work and was gone before it said so. At end-of-data that means: the message was accepted and
    the client does not know it. It must neither bounce it nor call it delivered, but try again and risk a second copy
    (RFC 5321 6.1, RFC 1047).
    """

    at: Stage = Stage.GREETING
    """The stage whose reply never comes."""

    def on_reply(self, event: ReplyReady, honest: Sequence[Action]) -> Sequence[Action]:
        return (action.Close(),)
