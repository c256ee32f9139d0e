from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

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
    """Bytes more or fewer in a segment; at most the size."""
    delay: Seconds = 0.0
    """Time between two segments."""

    @model_validator(mode="after")
    def _check_variation(self) -> Self:
        if self.variation > self.size:
            raise ValueError(f"variation {self.variation} is larger than size {self.size}")
        return self

    def attributes(self) -> Mapping[str, int]:
        return {
            "average_size": self.size,
            "size_variation": self.variation,
            "delay": round(self.delay * 1_000_000),
        }
