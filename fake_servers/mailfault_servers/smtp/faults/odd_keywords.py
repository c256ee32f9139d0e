from collections.abc import Callable, Sequence
from typing import Literal

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.form import FormFault, first_line

_LISTS: dict[str, Callable[[bytes], bytes]] = {
    "lower-case": lambda reply: reply[:4] + reply[4:].lower(),
    "unknown": lambda reply: _more(reply, b"X-EXPS NTLM", b"XFILTERED", b"X-ANONYMOUSTLS", b"LIMITS RCPTMAX=50"),
    "old-auth": lambda reply: _more(reply, b"AUTH=LOGIN PLAIN", b"AUTH LOGIN PLAIN"),
    "twice": lambda reply: _more(reply, b"SIZE 10485760", b"8BITMIME", b"PIPELINING"),
    "unkept-promise": lambda reply: _more(reply, b"CHUNKING", b"BINARYMIME", b"DSN"),
    "none": lambda reply: first_line(reply),
}


@fault
class OddKeywords(FormFault):
    """Offer extensions in an odd way at EHLO (RFC 5321 4.1.1.1).

    In lower case, in a form that was never a standard ("AUTH=LOGIN"), unknown, twice, not at all, or such as the server
    does not keep. What a client does not know it ignores, and what it does not need it does not use: the mail goes.
    """

    form: Literal["lower-case", "unknown", "old-auth", "twice", "unkept-promise", "none"] = "unknown"
    """The oddity of the list."""

    def leave(self, reply: bytes) -> Sequence[Action]:
        return (Send(_LISTS[self.form](reply)),)


def _more(reply: bytes, *keywords: bytes) -> bytes:
    """The reply with further lines before its last."""
    head, last = reply.removesuffix(b"\r\n").rsplit(b"\r\n", 1)
    return b"\r\n".join((head, *(b"250-" + keyword for keyword in keywords), last)) + b"\r\n"
