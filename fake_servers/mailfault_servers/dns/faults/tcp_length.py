from collections.abc import Sequence
from typing import Literal

from mailfault_servers.action import Action, Close, Send, SendRaw
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.fault import fault


@fault
class TcpLength(DnsFault):
    """Say over UDP that the answer does not fit, and over TCP give the message a wrong length (RFC 7766 8).

    Too long, the client waits for bytes that never come; too short or zero, what it reads is no message.
    """

    length: Literal["long", "short", "zero"] = "long"
    """The length in the two bytes before the message."""

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        if query.transport == "udp":
            reply = query.request.reply(ra=1, aa=1)
            reply.header.tc = 1
            return (respond(reply),)
        data = b"".join(action.data for action in honest if isinstance(action, Send))
        length = {"long": len(data) + 100, "short": 7, "zero": 0}[self.length]
        return SendRaw(length.to_bytes(2, "big") + data), Close()
