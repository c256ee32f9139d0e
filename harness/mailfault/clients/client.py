"""The protocol of a delivery client under test."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol, runtime_checkable

from mailfault.clients.placement import Placement
from mailfault.contract import DeliveryResult, Target


class Client(Protocol):
    """A delivery client under test. Several threads call it at once."""

    @property
    def name(self) -> str:
        """Name for a person: "smtplib (CPython 3.11.7)"."""
        ...

    @property
    def spec(self) -> str:
        """The --client string that opens it."""
        ...

    @property
    def where(self) -> Placement:
        """The worlds that it can reach. A user's own object may leave it out (see `placement_of`)."""
        ...

    def supports(self, scenario_id: str, target: Target) -> str | None:
        """Return the reason why the client cannot be given this scenario, for a person; None if it can."""
        ...

    def deliver(self, target: Target, *, deadline_s: float) -> DeliveryResult:
        """Deliver once, for at most `deadline_s` seconds. Failures of the client are returned, never raised."""
        ...

    def close(self) -> None:
        """End every process that was started for the client. May be called again."""
        ...


@runtime_checkable
class LendsProcesses(Protocol):
    """A client with processes of its own. Each serves one play at a time."""

    def for_play(self) -> AbstractContextManager[Client]:
        """Lend a process to one play. All its deliveries are by that process, unless it has to be replaced."""
        ...


def for_play(client: Client) -> AbstractContextManager[Client]:
    """Return the client for one play: with a process that no other play uses meanwhile, if it has processes."""
    return client.for_play() if isinstance(client, LendsProcesses) else nullcontext(client)
