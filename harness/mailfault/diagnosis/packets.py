"""What a watch on the wire tells: which connections were asked for, whatever became of them, and what went astray."""

from collections.abc import Sequence
from dataclasses import dataclass

from mailfault.diagnosis.dns_lookups import same_address
from mailfault_servers.facts import (
    AnswerSent,
    ConnectionAccepted,
    ConnectionAsked,
    PacketsLost,
    PortOpened,
    StrayPacket,
    WireWatched,
)
from mailfault_servers.journal import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A host that a client was seen to ask for a connection."""

    number: int
    """Of the journal's entry."""
    name: str
    address: str
    state: str
    """How its port answered then; "lossy": it was open, and no connection came about, for packets were lost."""


def is_watched(entries: Sequence[Entry]) -> bool:
    """Whether every packet was seen."""
    return any(isinstance(one.fact, WireWatched) for one in entries)


def asked_for(entries: Sequence[Entry], delivery: int | None) -> tuple[Asked, ...]:
    """The mail hosts that were asked for a connection in one delivery (None: in any), in that order."""
    states: dict[tuple[str, str], str] = {}
    own = [one for one in entries if delivery in (None, one.attempt)]
    taken = {one.fact.address for one in own if isinstance(one.fact, ConnectionAccepted)}
    lossy = {one.fact.address for one in own if isinstance(one.fact, PacketsLost)} - taken
    found = []
    for one in entries:
        match one.fact:
            case PortOpened(address=address, state=state, service="smtp"):
                states[one.server, address] = state
            case ConnectionAsked(address=address) if delivery in (None, one.attempt):
                stood = next((its for (_, at), its in states.items() if same_address(at, address)), None)
                if stood is not None:
                    stood = "lossy" if stood == "listening" and address in lossy else stood
                    found.append(Asked(number=one.number, name=one.server, address=address, state=stood))
            case _:
                pass
    return tuple(found)


def strays_in(entries: Sequence[Entry], delivery: int | None) -> tuple[str, ...]:
    """Where packets went that no answer of the name server had led to."""
    told = {
        record.partition(" ")[2]
        for one in entries
        if isinstance(one.fact, AnswerSent)
        for record in one.fact.records
        if record.startswith(("A ", "AAAA "))
    }
    found = []
    for one in entries:
        if isinstance(one.fact, StrayPacket) and delivery in (None, one.attempt) and one.fact.address not in told:
            port = f", port {one.fact.port}" if one.fact.port is not None else ""
            found.append(f"{one.fact.address} ({one.fact.protocol}{port})")
    return tuple(dict.fromkeys(found))
