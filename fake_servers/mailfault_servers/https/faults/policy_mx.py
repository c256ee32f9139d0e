from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from mailfault_servers.action import Action
from mailfault_servers.fault import fault
from mailfault_servers.https.event import PolicyFault, Respond


@fault
class PolicyMx(PolicyFault):
    """Serve a policy whose `mx` lines are others (RFC 8461 3.2).

    The mail hosts have moved and the policy still names the old ones, or names them by a pattern that does not fit. A
    host that an enforced policy does not name must be passed over, however good it is: no connection, no other policy.
    """

    mx: Annotated[tuple[str, ...], Field(min_length=1)] = ("old-mx.dest.example",)
    """The names and patterns that stand there."""

    def answer(self, honest: Respond) -> Sequence[Action]:
        kept = [line for line in honest.body.splitlines(keepends=True) if not line.startswith("mx:")]
        named = [f"mx: {name}\r\n" for name in self.mx]
        return (replace(honest, body="".join((*kept[:2], *named, *kept[2:]))),)
