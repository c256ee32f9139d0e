from collections.abc import Sequence

from mailfault_servers.action import Action, Drip
from mailfault_servers.fault import Seconds, fault
from mailfault_servers.smtp.form import FormFault
from mailfault_servers.smtp.reply import Stage


@fault
class DrippedReply(FormFault):
    """Say a reply one byte at a time.

    A server under load, or a tarpit that keeps spammers busy. Limits are for a whole reply (RFC 5321 4.5.3.2): within
    them the mail goes through; a client that restarts its clock with every byte may be kept for ever.
    """

    at: Stage = Stage.GREETING
    """The stage whose reply is dripped."""
    every: Seconds = 0.01
    """Time after each byte."""

    def leave(self, reply: bytes) -> Sequence[Action]:
        return (Drip(reply, self.every),)
