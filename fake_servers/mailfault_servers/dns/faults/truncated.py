from collections.abc import Sequence
from typing import Literal

from mailfault_servers.action import Action, Close, Drop, Reset, Send
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.fault import fault


@fault
class Truncated(DnsFault):
    """Say over UDP that the answer does not fit (TC, RFC 2181 9), so that the client asks again over TCP (RFC 7766 5).

    Many a firewall lets UDP port 53 through and not TCP: then the answer cannot be had. A client that takes the empty
    UDP answer for "there is nothing" has misread a flag.
    """

    tcp: Literal["answers", "closes", "resets", "silent", "half"] = "answers"
    """The response to the query over TCP: the honest answer, FIN, RST, nothing, or the first half and then FIN."""

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        if query.transport == "udp":
            reply = query.request.reply(ra=1, aa=1)
            reply.header.tc = 1
            return (respond(reply),)
        match self.tcp:
            case "answers":
                return honest
            case "closes":
                return (Close(),)
            case "resets":
                return (Reset(),)
            case "silent":
                return (Drop(),)
            case "half":
                cut = [Send(action.data[: len(action.data) // 2]) for action in honest if isinstance(action, Send)]
                return (*cut, Close())
