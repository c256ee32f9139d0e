"""The journal: what every server of a world saw and did, in order, and which fault acted when.

Append-only. `Entry` says where and when, `Fact` says what. A diagnosis is drawn from entries alone, so a fact says
what can be known at the server's end, never what a scenario meant. The normalised form leaves out ports, times and
the chance order of independent servers: it is equal run after run.
"""

import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Literal

from fake_servers.clock import Clock

Ending = Literal["fin", "rst"]


class Fact:
    """Something that a server saw or did."""

    kind: ClassVar[str]
    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryReceived(Fact):
    """A DNS query came in."""

    kind: ClassVar[str] = "query-received"
    name: str
    """Asked name, lower case, without the final dot (the root is ".")."""
    type: str
    """MX, A, AAAA, ..."""
    transport: Literal["udp", "tcp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSent(Fact):
    """A DNS answer went out."""

    kind: ClassVar[str] = "answer-sent"
    name: str
    type: str
    transport: Literal["udp", "tcp"]
    rcode: str
    """NOERROR, NXDOMAIN, SERVFAIL, REFUSED, ...; MALFORMED where what was sent cannot be read, MISMATCHED where it
    answers no question of the client's, TRUNCATED where it says itself that it is not the answer (TC)."""
    records: tuple[str, ...] = ()
    """The answer section, one record each: "MX 10 mx1.dest.example", "A 127.0.0.10", "CNAME x.example"."""
    authenticated: bool = False
    """Whether the resolver said that it has verified the answer by DNSSEC (AD, RFC 6840 5.7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerWithheld(Fact):
    """A DNS query was left without answer."""

    kind: ClassVar[str] = "answer-withheld"
    name: str
    type: str
    transport: Literal["udp", "tcp"]


# -- connections ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PortOpened(Fact):
    """How a host's port answers a SYN, from the start of the world or of this delivery on."""

    kind: ClassVar[str] = "port-opened"
    address: str
    """IP address without port."""
    state: Literal["listening", "refusing", "unresponsive", "rejecting", "unreachable", "prohibited"]
    service: Literal["smtp", "https"] = "smtp"
    """What is spoken there: mail hosts speak SMTP, the policy host HTTPS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireWatched(Fact):
    """From here on every packet between client and servers is seen: what is not in the journal was not tried."""

    kind: ClassVar[str] = "wire-watched"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionAsked(Fact):
    """A SYN for one of the host's addresses was seen on the wire, whatever became of it."""

    kind: ClassVar[str] = "connection-asked"
    address: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StrayPacket(Fact):
    """A packet left for an address that nobody told the client of. It got nowhere: the world has no way out."""

    kind: ClassVar[str] = "stray-packet"
    address: str
    protocol: str
    """"tcp", "udp", "icmp", ..."""
    port: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionAccepted(Fact):
    """A client's connection was taken."""

    kind: ClassVar[str] = "connection-accepted"
    address: str | None = None
    """The address of the host's that it came to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedByClient(Fact):
    """The client ended the connection before the server did."""

    kind: ClassVar[str] = "ended-by-client"
    how: Ending
    stage: str
    """Stage (see fake_servers.smtp.reply.Stage) at which the session stood: the last one that began."""
    message_bytes: int = 0
    """How many bytes of an unfinished message had come in."""
    received_bytes: int | None = None
    """How many bytes of the session had come in, TLS and all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedByServer(Fact):
    """The server ended the connection (for "fin" without having been told QUIT, where stage is not quit)."""

    kind: ClassVar[str] = "ended-by-server"
    how: Literal["fin", "rst", "half-close"]
    stage: str
    message_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WentSilent(Fact):
    """The server stopped talking and kept the connection open."""

    kind: ClassVar[str] = "went-silent"
    stage: str
    message_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkEnded(Fact):
    """A connection by way of a proxy ended, as seen at the client's end of it. The session has the host's number."""

    kind: ClassVar[str] = "link-ended"
    by: Literal["client", "host"]
    """Which end was the first to go; "host": the proxy or the host behind it."""
    how: Ending
    to_client_bytes: int
    """What the client got, TLS and all."""
    from_client_bytes: int
    """What the client sent."""


# -- SMTP -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandReceived(Fact):
    """A command line came in (at stage end-of-data: the final dot)."""

    kind: ClassVar[str] = "command-received"
    stage: str
    line: str
    """Without its line end; bytes that are not UTF-8 as backslash escapes."""
    encrypted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplySent(Fact):
    """A reply, or what stood for one, went out."""

    kind: ClassVar[str] = "reply-sent"
    stage: str
    text: str
    """As sent, lines joined by newlines; bytes that are not UTF-8 as backslash escapes."""
    encrypted: bool
    flaw: str = ""
    """What is wrong with its form (a value of fake_servers.smtp.reading.Flaw); empty: nothing."""
    sent_bytes: int | None = None
    """How many bytes this host had put on the wire in the session by then, TLS and all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyBegun(Fact):
    """The server has begun to answer, in a manner in which that takes long, or never ends."""

    kind: ClassVar[str] = "reply-begun"
    stage: str
    how: Literal["byte by byte", "without end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAccepted(Fact):
    """The server took responsibility for a message. Whether it said so is in the ReplySent that follows, or not."""

    kind: ClassVar[str] = "message-accepted"
    sender: str
    recipients: tuple[str, ...]
    size: int
    """Octets, after dot-unstuffing."""
    digest: str
    """SHA-256 of the message, hexadecimal."""
    encrypted: bool


# -- TLS --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatePresented(Fact):
    """The server's half of a handshake is about to leave, and this is the certificate in it."""

    kind: ClassVar[str] = "certificate-presented"
    problems: tuple[str, ...]
    """Why a client that trusts only the world's authority and checks everything must not accept it; empty: it must."""
    tlsa: tuple[str, ...] = ()
    """Where TLSA records are published: those that would match what was presented, "3 1 1 6B86...": by usage, selector
    and matching type (RFC 6698 2.1), of matching types 1 and 2 only."""
    doubts: tuple[str, ...] = ()
    """What else is unusual about it: some clients that are right refuse it for that, and others do not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandshakeSpoiled(Fact):
    """The server had said that TLS may begin, and sent something else than the handshake of an honest server."""

    kind: ClassVar[str] = "handshake-spoiled"
    what: str
    """What it sent: "the alert 'handshake failure'", "the first 400 bytes of its flight"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsEstablished(Fact):
    """The handshake is complete as the server sees it. A TLS 1.3 client may still refuse the certificate after it."""

    kind: ClassVar[str] = "tls-established"
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFailed(Fact):
    """TLS broke down, in the handshake or by an alert after it."""

    kind: ClassVar[str] = "tls-failed"
    reason: str
    alert: str | None = None
    """Name of the alert that the *client* sent (RFC 8446 6), lower case with blanks, where it sent one."""
    sent_bytes: int | None = None
    """How many bytes this host had put on the wire in the session by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCached(Fact):
    """A client fetched this policy from the policy host before this world began (RFC 8461 3.3)."""

    kind: ClassVar[str] = "policy-cached"
    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequested(Fact):
    """An HTTP request came in."""

    kind: ClassVar[str] = "http-requested"
    method: str
    path: str
    host: str
    """The Host field, without port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponded(Fact):
    """An HTTP response went out."""

    kind: ClassVar[str] = "http-responded"
    path: str
    status: int
    content_type: str
    length: int
    """Bytes of the body."""
    text: str
    """The body, or its beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultActed(Fact):
    """A fault made its server do other than an honest one would. Evidence for people, not for the diagnosis."""

    kind: ClassVar[str] = "fault-acted"
    fault: str
    at: str


_FACTS: dict[str, type[Fact]] = {
    fact.kind: fact
    for fact in (
        QueryReceived, AnswerSent, AnswerWithheld,
        WireWatched, ConnectionAsked, StrayPacket,
        PortOpened, ConnectionAccepted, EndedByClient, EndedByServer, WentSilent, LinkEnded,
        CommandReceived, ReplyBegun, ReplySent, MessageAccepted,
        CertificatePresented, HandshakeSpoiled, TlsEstablished, TlsFailed,
        PolicyCached, HttpRequested, HttpResponded,
        FaultActed,
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the journal."""

    number: int
    """Place in the journal, from 0."""
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
        """The entry as plain data; `from_json` reads it back."""
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
        """Read what `to_json` wrote. Raises KeyError or TypeError where it is something else."""
        fact_type = _FACTS[data["kind"]]
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
        """The delivery under way, from 1: entries are marked with it."""

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
