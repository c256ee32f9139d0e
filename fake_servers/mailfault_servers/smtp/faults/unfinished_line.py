from collections.abc import Sequence
from typing import Literal

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.form import FormFault, first_line
from mailfault_servers.smtp.stage_fault import ENDINGS


@fault
class UnfinishedLine(FormFault):
    """Break off a reply before the end of its last line (RFC 5321 4.2).

    A reply is complete with its CRLF. What stands before it may be the half of something else: "250" the beginning of
    "2500 messages are waiting". A client that takes it for the whole guesses.
    """

    then: Literal["close", "reset", "silent"] = "close"
    """FIN, RST, or an open connection on which nothing is said any more."""

    def leave(self, reply: bytes) -> Sequence[Action]:
        return (Send(first_line(reply).removesuffix(b"\r\n")), ENDINGS[self.then])
