"""Faults that Toxiproxy carries out on a host's connections."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from mailfault_servers.fault import Fault

Stream = Literal["upstream", "downstream"]
"""upstream: from the client to the host. downstream: from the host to the client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToxicRequest:
    """A toxic to request from Toxiproxy's API."""

    type: str
    stream: Stream
    toxicity: float = 1.0
    """The share of connections that it acts on, 0 to 1."""
    attributes: Mapping[str, int] = field(default_factory=dict)
    """In Toxiproxy's own units: milliseconds, kilobytes a second, bytes, microseconds."""


class ToxicFault(Fault):
    """A fault that Toxiproxy carries out. It reacts to no event."""

    stream: Stream = "downstream"
    """The direction that it acts on: upstream (what the client sends) or downstream (what the host sends)."""
    toxicity: Annotated[float, Field(ge=0, le=1)] = 1.0
    """The share of connections that it acts on, by the scenario's seed."""

    def toxic(self) -> ToxicRequest:
        """Return the toxic to request."""
        return ToxicRequest(
            type=self.id.removeprefix(f"{self.layer}.").replace("-", "_"),
            stream=self.stream,
            toxicity=self.toxicity,
            attributes=self.attributes(),
        )

    def attributes(self) -> Mapping[str, int]:
        """Return the toxic's attributes in Toxiproxy's units."""
        raise NotImplementedError(f"{type(self).__name__} does not say what its toxic is")


def milliseconds(seconds: float) -> int:
    """Convert seconds to Toxiproxy's unit."""
    return round(seconds * 1000)
