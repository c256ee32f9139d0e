from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from mailfault_servers.action import Action, Close
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import CommandArrived
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.reply_text import RefusalText, send_reply
from mailfault_servers.smtp.stage_fault import SmtpFault


@fault
class TooManyConnections(SmtpFault):
    """Greet with 421 and close while so many other connections are open.

    Servers limit what one client may hold open at a time (Postfix: smtpd_client_connection_count_limit). A client that
    leaves connections behind, or opens a new one for each message while it keeps the old ones, locks itself out: the
    421 is then its own doing. A right client uses the connection that it keeps, or closes it before the next.
    """

    allowed: Annotated[int, Field(ge=1)] = 1
    """Number of connections that may be open at a time."""
    reply: RefusalText = "421 4.7.0 Too many connections"
    """The greeting of one more connection."""
    optional: bool = True
    """A client that holds no more than that never meets it."""

    def on_command(self, event: CommandArrived, honest: Sequence[Action]) -> Sequence[Action]:
        is_full = event.stage is Stage.GREETING and event.others_open >= self.allowed
        return (send_reply(self.reply), Close()) if is_full else honest
