"""Facts: the things that a server can see or do, one class each.

A diagnosis uses nothing else, so a fact states what is known at the server's end, never what a scenario intended.
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
    """The name asked for, lower case, without the final dot (the root is ".")."""
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
    """NOERROR, NXDOMAIN, SERVFAIL, REFUSED, ...; MALFORMED if the bytes sent cannot be read, MISMATCHED if they
    answer another question, TRUNCATED if they are marked as truncated (TC)."""
    records: tuple[str, ...] = ()
    """The answer section, one record a string: "MX 10 mx1.dest.example", "A 127.0.0.10", "CNAME x.example"."""
    authenticated: bool = False
    """True if the resolver marked the answer as verified by DNSSEC (AD, RFC 6840 5.7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerWithheld(Fact):
    """A DNS query got no answer."""

    kind: ClassVar[str] = "answer-withheld"
    name: str
    type: str
    transport: Literal["udp", "tcp"]


# -- connections ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PortOpened(Fact):
    """A host's port answers a SYN in this way from now on: the world, or a delivery, begins."""

    kind: ClassVar[str] = "port-opened"
    address: str
    """IP address without port."""
    state: PortState
    service: Literal["smtp", "https"] = "smtp"
    """The protocol of the port: SMTP at mail hosts, HTTPS at the policy host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireWatched(Fact):
    """From here on every packet between client and servers is seen: a connection not in the journal was not tried."""

    kind: ClassVar[str] = "wire-watched"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionAsked(Fact):
    """A SYN for one of the host's addresses was seen on the wire, answered or not."""

    kind: ClassVar[str] = "connection-asked"
    address: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StrayPacket(Fact):
    """A packet was sent to an address outside the world, and was dropped: the world has no way out."""

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
    """Number of packets; one that is sent again and lost again counts twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionAccepted(Fact):
    """A client's connection was accepted."""

    kind: ClassVar[str] = "connection-accepted"
    address: str | None = None
    """The host's address that the client connected to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedByClient(Fact):
    """The client ended the connection before the server did."""

    kind: ClassVar[str] = "ended-by-client"
    how: Closing
    stage: str
    """The stage of the session (mailfault_servers.smtp.reply.Stage): the last one that began."""
    message_bytes: int = 0
    """Bytes of an unfinished message received so far."""
    received_bytes: int | None = None
    """Bytes of the session received so far, TLS included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedByServer(Fact):
    """The server ended the connection ("fin" at another stage than quit: without QUIT from the client)."""

    kind: ClassVar[str] = "ended-by-server"
    how: Closing | Literal["half-close"]
    stage: str
    message_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WentSilent(Fact):
    """The server stopped sending and kept the connection open."""

    kind: ClassVar[str] = "went-silent"
    stage: str
    message_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkEnded(Fact):
    """A connection through a proxy ended, as seen at the client's end. The session has the host's number."""

    kind: ClassVar[str] = "link-ended"
    by: Literal["client", "host"]
    """The end that closed first; "host": the proxy or the host behind it."""
    how: Closing
    to_client_bytes: int
    """Bytes that the client received, TLS included."""
    from_client_bytes: int
    """Bytes that the client sent, TLS included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageGiven(Fact):
    """The client was given a message to deliver: the delivery begins."""

    kind: ClassVar[str] = "message-given"
    sender: str
    recipients: tuple[str, ...]
    size: int
    """Octets."""
    is_eight_bit: bool
    """True if it has octets that are not ASCII: it needs 8BITMIME, or another transfer encoding (RFC 6152)."""


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
    """A reply, or bytes in its place, went out."""

    kind: ClassVar[str] = "reply-sent"
    stage: str
    text: str
    """As sent, lines joined by newlines; bytes that are not UTF-8 as backslash escapes."""
    encrypted: bool
    flaw: str = ""
    """The flaw of its form (a value of mailfault_servers.smtp.reading.Flaw); empty: well formed."""
    sent_bytes: int | None = None
    """Bytes that this host had sent in the session by then, TLS included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyBegun(Fact):
    """The server began a reply that takes long, or never ends."""

    kind: ClassVar[str] = "reply-begun"
    stage: str
    how: Literal["byte by byte", "without end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBroken(Fact):
    """The client broke a rule of the protocol, and the host punishes it: its next ReplySent is the punishment."""

    kind: ClassVar[str] = "rule-broken"
    stage: str
    rule: str
    """The rule by its name (mailfault_servers.smtp.rules), "early-talk"."""
    breach: str
    """The breach in words, with the clause: "it spoke before ..."."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAccepted(Fact):
    """The server took responsibility for a message. A ReplySent follows if it said so."""

    kind: ClassVar[str] = "message-accepted"
    sender: str
    recipients: tuple[str, ...]
    size: int
    """Octets, after dot-unstuffing."""
    digest: str
    """SHA-256 of the message, hexadecimal."""
    encrypted: bool
    content: str | None = None
    """The message after dot-unstuffing, each octet as the character of that number (ISO 8859-1). None if it is, octet
    for octet, a message that the client was given: the digest says which."""


# -- TLS --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatePresented(Fact):
    """The server's flight of a handshake is about to leave, with this certificate."""

    kind: ClassVar[str] = "certificate-presented"
    problems: tuple[str, ...]
    """Reasons for which a client that trusts only the world's authority must refuse it; empty: it must accept it."""
    tlsa: tuple[str, ...] = ()
    """The TLSA records that match the chain, "3 1 1 6B86...": by usage, selector and matching type (RFC 6698 2.1), of
    matching types 1 and 2 only. Empty if none are published."""
    doubts: tuple[str, ...] = ()
    """Other oddities, for which some right clients refuse it and others do not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandshakeSpoiled(Fact):
    """The server agreed to TLS, and sent something else than an honest handshake."""

    kind: ClassVar[str] = "handshake-spoiled"
    what: str
    """The bytes sent, in words: "the alert 'handshake failure'", "the first 400 bytes of its flight"."""


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
    """Name of the alert that the *client* sent (RFC 8446 6), lower case with blanks, if it sent one."""
    sent_bytes: int | None = None
    """Bytes that this host had sent in the session by then."""


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
    address: str | None = None
    """At "connect": the address whose port the fault changed."""
