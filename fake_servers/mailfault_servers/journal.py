"""The journal: everything that the servers of a world saw and did, in order, and the faults that acted.

Append-only. An `Entry` has the place and time of a fact (mailfault_servers.facts). The normalised form
(mailfault_servers.normal_form) is equal in every run.
"""

import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any

from mailfault_servers.clock import Clock
from mailfault_servers.facts import FACTS, Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the journal."""

    number: int
    """Position in the journal, from 0."""
    at_s: float
    """Seconds since the journal began."""
    attempt: int
    """The delivery it belongs to, from 1: another attempt at a message, or another message."""
    server: str
    """The host's name, or "dns"."""
    session: int | None
    """Connection number at that server, from 1; None outside of a connection."""
    fact: Fact

    def to_json(self) -> dict[str, Any]:
        """Return the entry as plain data; `from_json` reads it back."""
        return {
            "number": self.number,
            "at_s": round(self.at_s, 6),
            "attempt": self.attempt,
            "server": self.server,
            "session": self.session,
            "kind": self.fact.kind,
            **asdict(self.fact),  # type: ignore[call-overload]
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Entry":
        """Read the result of `to_json`. Raises KeyError or TypeError if it is something else."""
        fact_type = FACTS[data["kind"]]
        values = {}
        for field in fields(fact_type):  # type: ignore[arg-type]
            if field.name in data:
                value = data[field.name]
                values[field.name] = tuple(value) if isinstance(value, list) else value
        return cls(
            number=data["number"],
            at_s=data["at_s"],
            attempt=data["attempt"],
            server=data["server"],
            session=data["session"],
            fact=fact_type(**values),
        )


class Journal:
    """Append-only record of one world. Safe to write and read from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began_s = clock.elapsed_s()
        self._entries: list[Entry] = []
        self._lock = threading.Lock()
        self.attempt = 1
        """The delivery under way, from 1; entries carry it."""

    def record(self, server: str, fact: Fact, *, session: int | None = None) -> Entry:
        with self._lock:
            entry = Entry(
                number=len(self._entries),
                at_s=self._clock.elapsed_s() - self._began_s,
                attempt=self.attempt,
                server=server,
                session=session,
                fact=fact,
            )
            self._entries.append(entry)
        return entry

    @property
    def entries(self) -> tuple[Entry, ...]:
        with self._lock:
            return tuple(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self._entries)
