from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from mailfault_servers.fault import fault
from mailfault_servers.proxy.toxic_fault import ToxicFault


@fault
class Bandwidth(ToxicFault):
    """Let only so many kilobytes a second through (Toxiproxy `bandwidth`).

    A thin line. A reply fits through it soon enough; a long message may take longer than the client has patience for.
    """

    rate: Annotated[int, Field(ge=1)] = 1
    """Kilobytes a second."""

    def attributes(self) -> Mapping[str, int]:
        return {"rate": self.rate}
