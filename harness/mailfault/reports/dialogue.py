"""Journal entries as the dialogue that a person reads: who asked, who said what, and where a fault acted.

    DNS: MX dest.example? MX 10 mx1.dest.example
    S: 220 mx1.dest.example ESMTP
    C: EHLO client.example
    S: 421 4.3.2 Service not available      <- smtp.reply
    S: closes

Connections stand one after the other, each where it began, even if they overlapped in time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mailfault.reports.printable import printable

_TEXT_WIDTH = 38
_BODY_LINES = 8
"""Of an HTTP answer, as many as a policy has."""
_CONNECTION_ENDS = {
    "fin": "closes",
    "rst": "resets the connection",
    "half-close": "closes its side, and goes on reading",
}
_PORT_STATES = {
    "refusing": "refuses connections",
    "unresponsive": "does not answer a connection attempt",
    "rejecting": "is behind a firewall that rejects connections (ICMP port unreachable)",
    "unreachable": "cannot be reached (ICMP network or host unreachable)",
    "prohibited": "is behind a filter that forbids connections (ICMP administratively prohibited)",
}

Plain = Mapping[str, Any]
"""A journal entry as `mailfault_servers.journal.Entry.to_json` writes it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a dialogue, and the faults that made it."""

    text: str
    faults: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.faults:
            return self.text
        return f"{self.text:<{_TEXT_WIDTH}}  <- {', '.join(self.faults)}"


@dataclass(slots=True)
class _Part:
    """What belongs together: one connection, or look-ups in a row."""

    heading: str
    lines: list[Line] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    """Faults that acted, and whose doing is in the next entry."""
    addresses: set[str] = field(default_factory=set)
    """What the name server handed out in it."""

    def add(self, *texts: str) -> None:
        for text in texts:
            self.lines.append(Line(printable(text), tuple(self.pending)))
            self.pending.clear()

    def finish(self) -> None:
        if self.pending:
            self.add("S: (nothing to be seen)")


def dialogue(journal: Iterable[Plain]) -> tuple[Line, ...]:
    """The journal of one scenario as lines. Empty where no server saw anything worth telling."""
    entries = tuple(journal)
    parts: list[_Part] = []
    met: set[tuple[Any, Any]] = set()
    for delivery in sorted({int(one.get("attempt", 1)) for one in entries}):
        its = [one for one in entries if one.get("attempt", 1) == delivery]
        parts += [_Part("", [Line(f"-- delivery {delivery}")])] if delivery > 1 else []
        parts += _delivery(its, met)
    several = len([part for part in parts if part.heading.startswith("--")]) > 1
    lines: list[Line] = []
    for part in parts:
        if several and part.heading.startswith("--"):
            lines.append(Line(part.heading))
        lines.extend(_without_repetition(part.lines))
    return tuple(lines)


def _delivery(entries: Sequence[Plain], met: set[tuple[Any, Any]]) -> list[_Part]:
    """One delivery. `met` are the connections of earlier ones: what goes on there was kept."""
    ports = [_port(entries, number) for number, one in enumerate(entries) if one.get("kind") == "port-opened"]
    parts = _parts([one for one in entries if one.get("kind") != "port-opened"], met)
    for address, port in ports:
        if port is not None:
            after = [number for number, part in enumerate(parts, start=1) if address in part.addresses]
            parts.insert(after[0] if after else 0, port)
    parts += [_Part("", [_off_the_wire(one, entries)]) for one in entries if one.get("kind") in _OFF_THE_WIRE]
    met |= {(one.get("server"), one.get("session")) for one in entries}
    return parts


_OFF_THE_WIRE = ("packets-lost", "stray-packet")


def _off_the_wire(entry: Plain, entries: Sequence[Plain]) -> Line:
    """What no server saw: packets that were lost between the client and a host, and one that left for elsewhere."""
    if entry.get("kind") == "stray-packet":
        port = f", port {entry['port']}" if entry.get("port") is not None else ""
        return Line(printable(f"C: a packet for {entry.get('address')} ({entry.get('protocol')}{port})"))
    count = int(entry.get("packets", 0))
    told = f"{count} packets were lost" if count > 1 else "one packet was lost"
    # A fault of a port that is open all the same is one that loses packets.
    shut = {one.get("server") for one in entries if one.get("kind") == "port-opened" and one["state"] != "listening"}
    faults = [
        str(one.get("fault"))
        for one in entries
        if one.get("kind") == "fault-acted" and one.get("at") == "connect" and one.get("server") == entry.get("server")
    ]
    text = printable(f"{entry.get('server')} ({entry.get('address')}): {told} on the way")
    return Line(text, tuple(dict.fromkeys(faults)) if entry.get("server") not in shut else ())


def _port(entries: Sequence[Plain], number: int) -> tuple[str, _Part | None]:
    """A port that does not take connections, as a part of its own; None for one that listens."""
    opened = entries[number]
    address, state = str(opened.get("address")), _PORT_STATES.get(str(opened.get("state")))
    if state is None:
        return address, None
    before = entries[number - 1] if number else {}
    faults = (
        (str(before.get("fault")),)
        if before.get("kind") == "fault-acted" and before.get("server") == opened.get("server")
        else ()
    )
    return address, _Part("", [Line(printable(f"{opened.get('server')} ({address}) {state}"), faults)])


def _parts(entries: Iterable[Plain], met: set[tuple[Any, Any]]) -> list[_Part]:
    parts: list[_Part] = []
    connections: dict[tuple[Any, Any], _Part] = {}
    names: _Part | None = None
    for entry in entries:
        server, session = entry.get("server"), entry.get("session")
        if server == "dns":
            if names is None or parts[-1] is not names:
                names = _Part("DNS")
                parts.append(names)
            _tell_name(entry, names)
        elif session is not None:
            if (server, session) not in connections:
                kept = ", kept" if (server, session) in met else ""
                heading = printable(f"-- {server}, connection {session}{kept}")
                connections[server, session] = _Part(heading)
                parts.append(connections[server, session])
            _tell_connection(entry, connections[server, session])
    for part in parts:
        part.finish()
    return parts


def _tell_name(entry: Plain, part: _Part) -> None:
    question = f"DNS: {entry.get('type')} {entry.get('name')}?"
    over = " (over TCP)" if entry.get("transport") == "tcp" else ""
    match entry.get("kind"):
        case "answer-sent":
            records = [str(one) for one in entry.get("records", ())]
            part.addresses.update(one.split()[-1] for one in records if one.startswith(("A ", "AAAA ")))
            part.add(f"{question} {_answer(str(entry.get('rcode')), records)}{over}")
        case "answer-withheld":
            part.add(f"{question} no answer{over}")
        case "fault-acted":
            part.pending.append(str(entry.get("fault")))


def _answer(rcode: str, records: Sequence[str]) -> str:
    if records:
        return ", ".join(records) if rcode == "NOERROR" else f"{rcode}, {', '.join(records)}"
    return "no such record" if rcode == "NOERROR" else rcode


def _tell_connection(entry: Plain, part: _Part) -> None:
    match entry.get("kind"):
        case "command-received" if entry.get("stage") == "end-of-data":
            part.add("C: (the message)", f"C: {entry.get('line')}")
        case "command-received":
            part.add(f"C: {entry.get('line')}")
        case "reply-begun":
            part.add(f"S: (answers {entry.get('how')})")
        case "reply-sent":
            part.add(*(f"S: {line}" for line in str(entry.get("text")).split("\n")))
        case "ended-by-server":
            part.add(f"S: {_CONNECTION_ENDS[str(entry.get('how'))]}{_in_message(entry)}")
        case "ended-by-client":
            part.add(f"C: {_CONNECTION_ENDS[str(entry.get('how'))]}{_in_message(entry)}")
        case "went-silent":
            part.add(f"S: says nothing more{_in_message(entry)}")
        case "message-accepted":
            part.add(f"S: (takes the message for {', '.join(entry.get('recipients', ()))})")
        case "certificate-presented":
            flaws = ", ".join((*entry.get("problems", ()), *entry.get("doubts", ())))
            part.add(f"S: presents a certificate: {flaws or 'nothing is wrong with it'}")
        case "handshake-spoiled":
            part.add(f"S: (in the handshake) {entry.get('what')}")
        case "tls-established":
            part.add(f"S: TLS established ({entry.get('version')})")
        case "tls-failed" if entry.get("alert"):
            part.add(f"C: TLS alert: {entry.get('alert')}")
        case "tls-failed":
            part.add(f"S: TLS failed: {entry.get('reason')}")
        case "http-requested":
            part.add(f"C: {entry.get('method')} {entry.get('path')}")
        case "http-responded":
            said = f"S: HTTP {entry.get('status')}, {entry.get('content_type')}, {entry.get('length')} bytes"
            part.add(said, *(f"S: {line}" for line in str(entry.get("text")).splitlines()[:_BODY_LINES]))
        case "fault-acted":
            part.pending.append(str(entry.get("fault")))


def _in_message(entry: Plain) -> str:
    received = entry.get("message_bytes", 0)
    return f", after {received} bytes of the message" if received else ""


def _without_repetition(lines: Sequence[Line]) -> list[Line]:
    """Look-ups that were repeated with the same result, once with their number."""
    counted: dict[Line, int] = {}
    for line in lines:
        counted[line] = counted.get(line, 0) + 1
    told: set[Line] = set()
    kept: list[Line] = []
    for line in lines:
        if not line.text.startswith("DNS: "):
            kept.append(line)
        elif line not in told:
            told.add(line)
            times = f" ({counted[line]} times)" if counted[line] > 1 else ""
            kept.append(Line(line.text + times, line.faults))
    return kept
