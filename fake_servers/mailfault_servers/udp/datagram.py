"""The event of a UDP proxy, and the base of its faults."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault

Direction = Literal["query", "answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Datagram(Event):
    """A datagram is on its way. Honest: one `Send` of it."""

    direction: Direction
    name: str
    type: str
    """The type that is asked for, or answered."""
    nth: int
    """Number of this datagram among those of its question in this direction, from 1."""
    data: bytes


class DatagramFault(Fault):
    """A fault on the way between a client and its name server."""

    direction: Direction = "answer"
    """The datagrams concerned: the client's queries, or the answers to them."""
    type: str | None = None
    """Only questions of this type ("MX", "A", "AAAA"). Absent: all."""
    first: Annotated[int, Field(ge=1)] | None = None
    """Only this many datagrams of each question. Absent: all of them."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, Datagram) or event.direction != self.direction:
            return honest
        if self.type not in (None, event.type) or (self.first is not None and event.nth > self.first):
            return honest
        return self.pass_on(event, honest)

    def pass_on(self, datagram: Datagram, honest: Sequence[Action]) -> Sequence[Action]:
        """Return the actions for a datagram that concerns this fault."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it passes datagrams on")
