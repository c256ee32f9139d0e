from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from mailfault_servers.action import Action, Flood
from mailfault_servers.fault import fault
from mailfault_servers.smtp.form import FormFault, first_line
from mailfault_servers.smtp.reply import Stage


@fault
class EndlessReply(FormFault):
    """Never come to the last line of a reply (RFC 5321 4.2.1), and say lines as fast as they are read.

    A loop in the server, or malice. A client that collects the whole reply before it looks at it needs all its memory
    for that; a good one has a limit for bytes and one for time.
    """

    at: Stage = Stage.GREETING
    """The stage whose reply never ends."""
    at_most: Annotated[int, Field(ge=1)] = 30_000_000
    """Bytes after which it falls silent."""

    def leave(self, reply: bytes) -> Sequence[Action]:
        line = first_line(reply)
        return (Flood(line[:3] + b"-" + line[4:], self.at_most),)
