from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.form import FormFault, first_line


@fault
class WrongCode(FormFault):
    """Answer with something in place of a code that is none (RFC 5321 4.2.1: 2yz to 5yz).

    A number too high, too low or too short means nothing, and nothing may be made of its first digit.
    """

    code: str = "600"
    """The text in place of the code."""

    def leave(self, reply: bytes) -> Sequence[Action]:
        return (Send(self.code.encode() + b" " + first_line(reply)[4:]),)
