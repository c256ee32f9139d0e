from collections.abc import Sequence
from typing import Literal

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.form import FormFault, first_line
from mailfault_servers.smtp.stage_fault import ENDINGS


@fault
class MissingLastLine(FormFault):
    """Break off a reply of several lines before its last (RFC 5321 4.2.1).

    Every line says that another follows, and none does. What the host was going to say nobody knows.
    """

    then: Literal["close", "reset", "silent"] = "close"
    """FIN, RST, or an open connection on which nothing is said any more."""

    def leave(self, reply: bytes) -> Sequence[Action]:
        line = first_line(reply)
        half = line[:3] + b"-" + line[4:]
        return (Send(half + half), ENDINGS[self.then])
