from collections.abc import Sequence
from typing import Literal

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query, respond
from mailfault_servers.fault import fault


@fault
class Flags(DnsFault):
    """Answer rightly, with a flag of the header that is wrong (RFC 1035 4.1.1).

    Without QR it is a question and no answer. Without AA or RA it is an answer as good as any.
    """

    clear: Literal["qr", "aa", "ra"] = "qr"
    """The flag that is not set."""

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        reply = query.honest_record()
        setattr(reply.header, self.clear, 0)
        return (respond(reply),)
