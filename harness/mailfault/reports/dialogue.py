"""A journal as the dialogue that a person reads: queries, commands, replies, and the faults that acted.

    DNS: MX dest.example? MX 10 mx1.dest.example
    S: 220 mx1.dest.example ESMTP
    C: EHLO client.example
    S: 421 4.3.2 Service not available      <- smtp.reply
    S: closes

Connections follow one another in the order of their beginnings, even if they overlapped.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mailfault.reports.fact_lines import connection_lines, lookup_line, packet_line, port_line
from mailfault.reports.printable import printable
from mailfault_servers.facts import AnswerSent, FaultActed, PacketsLost, PortOpened, StrayPacket
from mailfault_servers.journal import Entry

_TEXT_WIDTH = 38

_Connection = tuple[str, int]
"""A host's name, and the number of a connection there."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a dialogue, and the faults that caused it."""

    text: str
    faults: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.faults:
            return self.text
        return f"{self.text:<{_TEXT_WIDTH}}  <- {', '.join(self.faults)}"


@dataclass(slots=True)
class _Part:
    """Lines that belong together: one connection, consecutive look-ups, or a line of its own."""

    lines: list[Line] = field(default_factory=list)
    heading: str = ""
    """The connection's heading, shown if there are several connections; empty for other parts."""
    pending: list[str] = field(default_factory=list)
    """Faults that acted; the next line shows their effect."""
    addresses: set[str] = field(default_factory=set)
    """Addresses that the name server returned in this part."""

    def add(self, *texts: str) -> None:
        for text in texts:
            self.lines.append(Line(printable(text), tuple(self.pending)))
            self.pending.clear()

    def finish(self) -> None:
        if self.pending:
            self.add("S: (no visible effect)")


def dialogue(journal: Iterable[Mapping[str, Any]]) -> tuple[Line, ...]:
    """Return the journal of one scenario, as the run record holds it, as lines.

    It is empty if no server saw anything worth a line. Raises KeyError or TypeError for a malformed entry.
    """
    entries = tuple(Entry.from_json(dict(entry)) for entry in journal)
    parts: list[_Part] = []
    earlier: set[_Connection] = set()
    for delivery in sorted({entry.attempt for entry in entries}):
        if delivery > 1:
            parts.append(_Part([Line(f"-- delivery {delivery}")]))
        parts += _delivery([entry for entry in entries if entry.attempt == delivery], earlier)
    has_several = sum(part.heading != "" for part in parts) > 1
    lines: list[Line] = []
    for part in parts:
        if has_several and part.heading:
            lines.append(Line(part.heading))
        lines.extend(_without_repetition(part.lines))
    return tuple(lines)


def _delivery(entries: Sequence[Entry], earlier: set[_Connection]) -> list[_Part]:
    """Return the parts of one delivery. `earlier` holds the connections of previous deliveries, and gains its own."""
    parts = _parts(entries, earlier)
    for number, entry in enumerate(entries):
        if isinstance(entry.fact, PortOpened) and (text := port_line(entry.server, entry.fact)) is not None:
            after = [place for place, part in enumerate(parts, start=1) if entry.fact.address in part.addresses]
            port = _Part([Line(printable(text), _faults_before(entries, number))])
            parts.insert(after[0] if after else 0, port)
    for entry in entries:
        if isinstance(entry.fact, PacketsLost | StrayPacket):
            faults = _faults_that_lose(entry, entries) if isinstance(entry.fact, PacketsLost) else ()
            parts.append(_Part([Line(printable(packet_line(entry.server, entry.fact)), faults)]))
    earlier |= {(entry.server, entry.session) for entry in entries if entry.session is not None}
    return parts


def _faults_before(entries: Sequence[Entry], number: int) -> tuple[str, ...]:
    """Return the fault that acted on the same server immediately before entry `number`, if there is one."""
    before = entries[number - 1] if number else None
    if before is None or not isinstance(before.fact, FaultActed) or before.server != entries[number].server:
        return ()
    return (before.fact.fault,)


def _faults_that_lose(lost: Entry, entries: Sequence[Entry]) -> tuple[str, ...]:
    """Return the faults that dropped packets of a host. A connect fault of an open port is one that loses packets."""
    own = [entry.fact for entry in entries if entry.server == lost.server]
    if any(isinstance(fact, PortOpened) and fact.state != "listening" for fact in own):
        return ()
    return tuple(dict.fromkeys(fact.fault for fact in own if isinstance(fact, FaultActed) and fact.at == "connect"))


def _parts(entries: Iterable[Entry], earlier: set[_Connection]) -> list[_Part]:
    """Return connections and look-ups as parts, in the order of their beginnings."""
    parts: list[_Part] = []
    connections: dict[_Connection, _Part] = {}
    lookups: _Part | None = None
    for entry in entries:
        if isinstance(entry.fact, PortOpened):
            continue
        if entry.server == "dns":
            if lookups is None or parts[-1] is not lookups:
                lookups = _Part()
                parts.append(lookups)
            _add_lookup(entry, lookups)
        elif entry.session is not None:
            connection = (entry.server, entry.session)
            if connection not in connections:
                kept = ", kept" if connection in earlier else ""
                connections[connection] = _Part(
                    heading=printable(f"-- {entry.server}, connection {entry.session}{kept}")
                )
                parts.append(connections[connection])
            _add_to_connection(entry, connections[connection])
    for part in parts:
        part.finish()
    return parts


def _add_lookup(entry: Entry, part: _Part) -> None:
    fact = entry.fact
    if isinstance(fact, FaultActed):
        part.pending.append(fact.fault)
    elif (text := lookup_line(fact)) is not None:
        if isinstance(fact, AnswerSent):
            part.addresses |= {record.split()[-1] for record in fact.records if record.startswith(("A ", "AAAA "))}
        part.add(text)


def _add_to_connection(entry: Entry, part: _Part) -> None:
    if isinstance(entry.fact, FaultActed):
        part.pending.append(entry.fact.fault)
    else:
        part.add(*connection_lines(entry.fact))


def _without_repetition(lines: Sequence[Line]) -> list[Line]:
    """Merge look-ups that were repeated with the same result into one line with their number."""
    counts = Counter(line for line in lines if line.text.startswith("DNS: "))
    merged: list[Line] = []
    for line in lines:
        if line not in counts:
            merged.append(line)
        elif (count := counts[line]) > 0:
            times = f" ({count} times)" if count > 1 else ""
            merged.append(Line(line.text + times, line.faults))
            counts[line] = 0
    return merged
