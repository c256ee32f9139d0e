from collections.abc import Sequence

from mailfault_servers.action import Action, AwaitInput, Begin, Send
from mailfault_servers.fault import Seconds, fault
from mailfault_servers.smtp.event import ReplyReady
from mailfault_servers.smtp.punishment import punish
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.rules import EARLY_TALK
from mailfault_servers.smtp.stage_fault import SmtpFault


@fault
class TeaserGreeting(SmtpFault):
    """Send the first line of a greeting of two lines, pause, then send the last one.

    The greeting is a reply like any other: it is complete with the line that has a blank behind its code (RFC 5321
    4.2.1). Postfix's postscreen greets so (postscreen_greet_banner). A client that takes the first line for the whole
    speaks in the pause: it is answered with 554, and the connection is closed.
    """

    pause: Seconds = 0.2
    """Time between the first line and the last."""

    def on_reply(self, event: ReplyReady, honest: Sequence[Action]) -> Sequence[Action]:
        reply = b"".join(action.data for action in honest if isinstance(action, Send))
        if event.stage is not Stage.GREETING or not reply:
            return honest
        return (Begin(reply[:3] + b"-" + reply[4:]), AwaitInput(self.pause, punish(EARLY_TALK)), Send(reply))
