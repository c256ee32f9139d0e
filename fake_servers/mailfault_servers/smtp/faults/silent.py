from collections.abc import Sequence

from mailfault_servers.action import Action, Hang
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import ReplyReady
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import StageFault


@fault
class Silent(StageFault):
    """Keep the connection open and never answer one stage, nor anything after it.

    A hung server. Only the client's own limit for a reply ends this (RFC 5321 4.5.3.2); a client without one waits for
    ever, and its queue with it.
    """

    at: Stage = Stage.GREETING
    """The stage whose reply never comes."""

    def on_reply(self, event: ReplyReady, honest: Sequence[Action]) -> Sequence[Action]:
        return (Hang(),)
