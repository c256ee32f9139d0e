"""What all reports have in common."""

from collections.abc import Iterable
from typing import Protocol

from mailfault.events import RunEvent, ScenarioFinished


class Report(Protocol):
    """Takes the events of a run as they come."""

    def take(self, event: RunEvent) -> None:
        """One more event. The last one of a run is RunFinished."""
        ...

    def close(self) -> None:
        """No more events: write what is left and let go of files and the terminal. May be called again."""
        ...


def in_order(finished: Iterable[ScenarioFinished], clients: tuple[str, ...]) -> list[ScenarioFinished]:
    """Client by client as the run named them, each by scenario id: events come in the chance order of their ends."""
    place = {client: number for number, client in enumerate(clients)}
    return sorted(finished, key=lambda one: (place.get(one.client, len(place)), one.client, one.id))
