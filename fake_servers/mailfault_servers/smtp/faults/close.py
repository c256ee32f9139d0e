from collections.abc import Sequence

from mailfault_servers import action
from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.smtp.event import Leaving
from mailfault_servers.smtp.reply import Stage


@fault
class Close(Fault):
    """Close the connection (FIN) in place of the reply to one stage.

    The server did its work and was gone before it said so. At end-of-data that means: the message was accepted and
    the client does not know it. It must neither bounce it nor call it delivered, but try again and risk a second copy
    (RFC 5321 6.1, RFC 1047).
    """

    at: Stage = Stage.GREETING
    """The stage whose reply never comes."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        return (action.Close(),) if isinstance(event, Leaving) and event.stage is self.at else honest
