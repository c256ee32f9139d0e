from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.form import FormFault, first_line


@fault
class LongLine(FormFault):
    """Make the last line of a reply longer than a line may be (RFC 5321 4.5.3.1.5: 512 octets).

    A few hundred bytes too many do no harm. A client has to have a limit all the same, for the line may have no end.
    """

    length: Annotated[int, Field(ge=1)] = 100_000
    """Bytes in the line, its CRLF included."""

    def leave(self, reply: bytes) -> Sequence[Action]:
        line = first_line(reply).removesuffix(b"\r\n")
        return (Send(reply.removesuffix(b"\r\n") + b" " + b"x" * max(0, self.length - len(line) - 3) + b"\r\n"),)
