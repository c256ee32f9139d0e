from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from mailfault_servers.action import Action
from mailfault_servers.fault import fault
from mailfault_servers.https.event import PolicyFault, Respond

_FILLER = "x-filler: " + "x" * 100 + "\r\n"


@fault
class OverLong(PolicyFault):
    """Serve a policy that is followed by lines without end, as it seems.

    Each of them is a field that RFC 8461 allows and nobody knows. RFC 8461 3.3 proposes a limit of 64 kilobytes, for a
    policy has a few hundred bytes: what is longer is no policy, and is not read to the end.
    """

    length: Annotated[int, Field(ge=1000, le=10_000_000)] = 70_000
    """Bytes of the answer, at the least."""

    def answer(self, honest: Respond) -> Sequence[Action]:
        missing = max(0, self.length - len(honest.body))
        return (replace(honest, body=honest.body + _FILLER * (missing // len(_FILLER) + 1)),)
