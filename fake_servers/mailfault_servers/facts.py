"""Facts: what a server can have seen or done, one class each.

A diagnosis is drawn from them alone, so a fact says what can be known at the server's end, never what a scenario meant.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

PortState = Literal["listening", "refusing", "unresponsive", "rejecting", "unreachable", "prohibited"]
"""A port's response to a SYN: accept, RST, none, or one of three ICMP errors."""
Closing = Literal["fin", "rst"]
"""The TCP flag that ends a connection: FIN or RST."""
FACTS: dict[str, type["Fact"]] = {}
"""Every class of fact, by its kind."""


class Fact:
    """Something that a server saw or did. A subclass enters FACTS by its `kind`."""

    kind: ClassVar[str]
    __slots__ = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # `slots=True` makes each dataclass a second time, so the same class comes here twice.
        known = FACTS.setdefault(cls.kind, cls)
        if known.__qualname__ != cls.__qualname__:
            raise TypeError(f"the kind {cls.kind!r} is {known.__qualname__}'s; {cls.__qualname__} needs another")
        FACTS[cls.kind] = cls


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
    state: PortState
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
class PacketsLost(Fact):
    """Packets between the client and one of the host's addresses were dropped on the way in this delivery."""

    kind: ClassVar[str] = "packets-lost"
    address: str
    packets: int
    """How many: a packet that was sent anew and lost again counts again."""


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
    how: Closing
    stage: str
    """Stage (see mailfault_servers.smtp.reply.Stage) at which the session stood: the last one that began."""
    message_bytes: int = 0
    """How many bytes of an unfinished message had come in."""
    received_bytes: int | None = None
    """How many bytes of the session had come in, TLS and all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedByServer(Fact):
    """The server ended the connection (for "fin" without having been told QUIT, where stage is not quit)."""

    kind: ClassVar[str] = "ended-by-server"
    how: Closing | Literal["half-close"]
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
    how: Closing
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
    """What is wrong with its form (a value of mailfault_servers.smtp.reading.Flaw); empty: nothing."""
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
