from collections.abc import Sequence

from mailfault_servers import action
from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.smtp.event import Leaving
from mailfault_servers.smtp.reply import Stage


@fault
class Reset(Fault):
    """Reset the connection (RST) in place of the reply to one stage (RFC 9293 3.5.2).

    What a crashed server, a load balancer without back end or a firewall in mid-session does. The client reads
    ECONNRESET. The connection had been made, so it was not refused: it was closed abruptly.
    """

    at: Stage = Stage.GREETING
    """The stage whose reply never comes."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        return (action.Reset(),) if isinstance(event, Leaving) and event.stage is self.at else honest
