from collections.abc import Sequence

from mailfault_servers import action
from mailfault_servers.action import Action
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import ReplyReady
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import StageFault


@fault
class Reset(StageFault):
    """Reset the connection (RST) in place of the reply to one stage (RFC 9293 3.5.2).

    What a crashed server, a load balancer without back end or a firewall in mid-session does. The client reads
    ECONNRESET. The connection had been made, so it was not refused: it was closed abruptly.
    """

    at: Stage = Stage.GREETING
    """The stage whose reply never comes."""

    def on_reply(self, event: ReplyReady, honest: Sequence[Action]) -> Sequence[Action]:
        return (action.Reset(),)
