from collections.abc import Sequence

from mailfault_servers.action import Action, Close
from mailfault_servers.fault import fault
from mailfault_servers.smtp.reply_text import RefusalText, send_reply
from mailfault_servers.smtp.stage_fault import IdleFault
from mailfault_servers.tcp.event import Idle


@fault
class Idle421(IdleFault):
    """Say 421 and close a connection that the client keeps, before its next delivery begins.

    Nothing was asked when the 421 came, so it answers nothing: it is no word about the message before, which was
    accepted, nor about the next one, which was not sent. A right client connects again (RFC 5321 3.8). A client that
    takes the 421 for the answer to its next MAIL, or the 250 of one message for that of another, has lost its place.
    """

    reply: RefusalText = "421 4.4.2 Idle for too long"
    """The reply before the connection is closed."""

    def on_idle(self, event: Idle, honest: Sequence[Action]) -> Sequence[Action]:
        return (send_reply(self.reply), Close())
