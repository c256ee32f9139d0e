"""Connections to mail hosts: the facts of each, one delivery at a time. Pure.

A client may keep its connection from one delivery to the next: the second one begins with what was said before.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from mailfault_servers.facts import ConnectionAccepted, Fact
from mailfault_servers.journal import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One connection's part in one delivery."""

    server: str
    first_entry: int
    """Number of its first entry in this delivery."""
    earlier: tuple[Fact, ...]
    """Facts of earlier deliveries on the same connection."""
    facts: tuple[Fact, ...]
    """Facts of this delivery."""
    lost_packets: bool
    """True if packets to or from its host were lost in this delivery."""

    @property
    def all_facts(self) -> tuple[Fact, ...]:
        return self.earlier + self.facts

    @property
    def address(self) -> str | None:
        """The host's address that the connection was made to, if it is known."""
        return next((fact.address for fact in self.all_facts if isinstance(fact, ConnectionAccepted)), None)


def connections_of(
    sessions: Mapping[tuple[str, int], Sequence[Entry]], lossy: Collection[tuple[str, int]], delivery: int | None
) -> tuple[Connection, ...]:
    """Split each session into its deliveries, and keep one of them (None: all), in the order in which they began.

    `sessions` are entries by server and number of the session, `lossy` the hosts that lost packets, with the delivery.
    """
    connections = [
        Connection(
            server=server,
            first_entry=own[0].number,
            earlier=tuple(entry.fact for entry in entries if entry.attempt < number),
            facts=tuple(entry.fact for entry in own),
            lost_packets=(server, number) in lossy,
        )
        for (server, _), entries in sessions.items()
        for number, own in _by_delivery(entries).items()
        if delivery in (None, number)
    ]
    return tuple(sorted(connections, key=lambda connection: connection.first_entry))


def _by_delivery(entries: Iterable[Entry]) -> dict[int, list[Entry]]:
    deliveries: dict[int, list[Entry]] = {}
    for entry in entries:
        deliveries.setdefault(entry.attempt, []).append(entry)
    return deliveries
