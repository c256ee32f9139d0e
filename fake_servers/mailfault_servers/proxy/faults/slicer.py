from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from mailfault_servers.fault import Seconds, fault
from mailfault_servers.proxy.toxic_fault import ToxicFault


@fault
class Slicer(ToxicFault):
    """Cut what is sent into small segments (Toxiproxy `slicer`).

    TCP is a stream: replies, TLS records and the final dot arrive in pieces as the network likes. A client that takes
    one read for one reply falls over its own feet.
    """

    size: Annotated[int, Field(ge=1)] = 1
    """Bytes in a segment, on average."""
    variation: Annotated[int, Field(ge=0)] = 0
    """How many more or fewer; less than the size."""
    delay: Seconds = 0.0
    """How long to wait between two segments."""

    def attributes(self) -> Mapping[str, int]:
        return {
            "average_size": self.size,
            "size_variation": self.variation,
            "delay": round(self.delay * 1_000_000),
        }
