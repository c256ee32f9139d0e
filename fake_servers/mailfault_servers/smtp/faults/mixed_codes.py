from collections.abc import Sequence
from typing import Self

from pydantic import model_validator

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.form import FormFault, first_line
from mailfault_servers.smtp.reply import HONEST_CODES
from mailfault_servers.smtp.reply_text import ReplyText


@fault
class MixedCodes(FormFault):
    """Give the lines of one reply different codes (RFC 5321 4.2.1 forbids it).

    The first line says yes and the last says no, or the reverse. Whichever a client believes, it may be the wrong one:
    there is no reply to act upon.
    """

    last: ReplyText = "550 5.7.1 No"
    """The last line, with its own code."""

    @model_validator(mode="after")
    def _check_sense(self) -> Self:
        if self.last.startswith(str(HONEST_CODES.get(self.at))):
            raise ValueError(
                f"{self.last!r} has the code of the honest reply at {str(self.at)!r}, so no codes are mixed"
            )
        return self

    def leave(self, reply: bytes) -> Sequence[Action]:
        line = first_line(reply)
        return (Send(line[:3] + b"-" + line[4:] + self.last.encode() + b"\r\n"),)
