"""Toxics as faults: what Toxiproxy is told to do to a host's connections."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from mailfault_servers.fault import Fault

Stream = Literal["upstream", "downstream"]
"""upstream: from the client to the host. downstream: from the host to the client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Toxic:
    """A toxic as Toxiproxy's API has it. No type: the proxy is to be down (`enabled` false)."""

    type: str
    stream: Stream
    toxicity: float = 1.0
    """The share of connections that it acts on, 0 to 1."""
    attributes: Mapping[str, int] = field(default_factory=dict)
    """In Toxiproxy's own units: milliseconds, kilobytes a second, bytes, microseconds."""


class ToxicFault(Fault):
    """A fault that Toxiproxy carries out. It acts on connections by itself, and is asked about no event."""

    stream: Stream = "downstream"
    """The direction that it acts on: upstream (what the client sends) or downstream (what the host sends)."""
    toxicity: Annotated[float, Field(ge=0, le=1)] = 1.0
    """The share of connections that it acts on, by the scenario's seed."""

    def toxic(self) -> Toxic:
        """What Toxiproxy is told."""
        return Toxic(
            type=self.id.removeprefix(f"{self.layer}.").replace("-", "_"),
            stream=self.stream,
            toxicity=self.toxicity,
            attributes=self.attributes(),
        )

    def attributes(self) -> Mapping[str, int]:
        """The toxic's attributes in Toxiproxy's units."""
        raise NotImplementedError(f"{type(self).__name__} does not say what its toxic is")


def milliseconds(seconds: float) -> int:
    """Seconds as Toxiproxy counts them."""
    return round(seconds * 1000)
