"""Packets on a watched wire: attempts to connect, whatever became of them, and unexpected destinations. Pure."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from mailfault.diagnosis.addresses import normal_address
from mailfault.diagnosis.ports import LISTENING, LOSSY
from mailfault_servers.facts import (
    ConnectionAccepted,
    ConnectionAsked,
    PacketsLost,
    PortOpened,
    StrayPacket,
    WireWatched,
)
from mailfault_servers.journal import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionAttempt:
    """A SYN to a mail host."""

    number: int
    """Number of the journal's entry."""
    host: str
    address: str
    state: str
    """The port's answer at that time (see `ports`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packets:
    """The packets of one delivery, as far as they were seen."""

    is_watched: bool
    """True if every packet was seen."""
    attempts: tuple[ConnectionAttempt, ...]
    unexpected: tuple[str, ...]
    """Destinations that no DNS answer gave, "192.0.2.1 (tcp, port 25)"."""

    @classmethod
    def of(cls, entries: Sequence[Entry], *, given: Collection[str], delivery: int | None) -> "Packets":
        """Parse one delivery (None: all) from what is known about ports, connections and packets, in order.

        `given` are the addresses in DNS answers. A port keeps its state from one delivery to the next.
        """
        is_watched = any(isinstance(entry.fact, WireWatched) for entry in entries)
        strays = [
            entry.fact for entry in entries if isinstance(entry.fact, StrayPacket) and delivery in (None, entry.attempt)
        ]
        return cls(
            is_watched=is_watched,
            attempts=tuple(_attempts(entries, delivery)) if is_watched else (),
            unexpected=unexpected_destinations(strays, given),
        )


def _attempts(entries: Sequence[Entry], delivery: int | None) -> Iterator[ConnectionAttempt]:
    states: dict[str, str] = {}
    lossy = _lossy_addresses(entries, delivery)
    for entry in entries:
        match entry.fact:
            case PortOpened(service="smtp") as port:
                states[normal_address(port.address)] = port.state
            case ConnectionAsked(address=address) if delivery in (None, entry.attempt):
                state = states.get(normal_address(address))
                if state is not None:
                    state = LOSSY if state == LISTENING and address in lossy else state
                    yield ConnectionAttempt(number=entry.number, host=entry.server, address=address, state=state)
            case _:
                pass


def _lossy_addresses(entries: Iterable[Entry], delivery: int | None) -> frozenset[str]:
    """Collect the addresses that lost packets and took no connection in one delivery."""
    own = [entry.fact for entry in entries if delivery in (None, entry.attempt)]
    connected = {fact.address for fact in own if isinstance(fact, ConnectionAccepted)}
    return frozenset(fact.address for fact in own if isinstance(fact, PacketsLost)) - connected


def unexpected_destinations(packets: Iterable[StrayPacket], given: Collection[str]) -> tuple[str, ...]:
    """Describe each destination once that is not among the given addresses."""
    return tuple(dict.fromkeys(_destination(packet) for packet in packets if packet.address not in given))


def _destination(packet: StrayPacket) -> str:
    port = f", port {packet.port}" if packet.port is not None else ""
    return f"{packet.address} ({packet.protocol}{port})"
