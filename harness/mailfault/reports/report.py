"""The interface of every report, and the order of its scenarios."""

from collections.abc import Iterable
from typing import Protocol

from mailfault.events import RunEvent, ScenarioFinished


class Report(Protocol):
    """A consumer of a run's events, as they come."""

    def take(self, event: RunEvent) -> None:
        """Take the next event. The last event of a run is RunFinished."""
        ...

    def close(self) -> None:
        """Write what is left, and release files and the terminal. May be called again."""
        ...


def in_order(finished: Iterable[ScenarioFinished], clients: tuple[str, ...]) -> list[ScenarioFinished]:
    """Sort by client, as the run named them, then by scenario id. Events come in the order in which scenarios end."""
    place = {client: number for number, client in enumerate(clients)}
    return sorted(finished, key=lambda event: (place.get(event.client, len(place)), event.client, event.id))
