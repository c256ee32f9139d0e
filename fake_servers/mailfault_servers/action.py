"""What a server can do: the values that honest behaviour and faults are both made of.

A server asks its faults what to do about an event and hands them what an honest server would do. Whatever comes
back is carried out in order. Actions are plain values, so a fault is tested without a socket.
"""

from dataclasses import dataclass
from typing import Literal


class Action:
    """One step of a server."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Proceed(Action):
    """Let the honest server deal with what came in."""


@dataclass(frozen=True, slots=True)
class Send(Action):
    """Put these very bytes on the wire (for DNS over UDP: one datagram)."""

    data: bytes


@dataclass(frozen=True, slots=True)
class SendRaw(Action):
    """Of a name server: put these very bytes on the wire, too long for a datagram or without length as they may be."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Wait(Action):
    """Do nothing for so long, then go on."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hang(Action):
    """Keep the connection open and never say anything again."""


@dataclass(frozen=True, slots=True)
class AwaitNextDelivery(Action):
    """Say nothing until the client has ended this delivery and the next one is about to begin, then go on."""


@dataclass(frozen=True, slots=True)
class SendUnprotected(Action):
    """Put these bytes on the wire below TLS, where the session is encrypted: the client takes them for a record."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Close(Action):
    """Send FIN and be gone."""

    close_notify: bool = True
    """Under TLS: say so first, as one must (RFC 8446 6.1)."""


@dataclass(frozen=True, slots=True)
class HalfClose(Action):
    """Send FIN, and go on reading what the client still sends."""


@dataclass(frozen=True, slots=True)
class Reset(Action):
    """Send RST and be gone (RFC 9293 3.5.2)."""


@dataclass(frozen=True, slots=True)
class Drop(Action):
    """Take a datagram and answer nothing."""


@dataclass(frozen=True, slots=True)
class Listen(Action):
    """Take connections, as an honest server does."""


@dataclass(frozen=True, slots=True)
class Refuse(Action):
    """Hold the port without listening: the kernel answers each SYN with RST (ECONNREFUSED)."""


@dataclass(frozen=True, slots=True)
class FillBacklog(Action):
    """Listen with a queue that is already full: the kernel answers no further SYN (ETIMEDOUT)."""


@dataclass(frozen=True, slots=True)
class Unreachable(Action):
    """Answer every packet with an ICMP message: Destination Unreachable (RFC 792; RFC 4443 3.1)."""

    what: Literal["network", "host", "port", "prohibited"]
    """What cannot be reached; or that it is administratively prohibited."""


@dataclass(frozen=True, slots=True)
class CutLink(Action):
    """Take the client's link down: no packet passes, and nobody is told."""

    lasting_s: float | None = None
    """Seconds until it is up again; None: never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LosePackets(Action):
    """Lose packets between the client and one address, without a word to anybody: those that all limits name."""

    towards: Literal["host", "client"]
    """Which way they were going."""
    every: int | None = None
    """Only each so-manyth of them."""
    first: int | None = None
    """Only so many, from the first on."""
    longer_than: int | None = None
    """Only those of more bytes than this, IP header and all."""


@dataclass(frozen=True, slots=True)
class Drip(Action):
    """Put these bytes on the wire one at a time."""

    data: bytes
    every_s: float


@dataclass(frozen=True, slots=True)
class Flood(Action):
    """Put one line on the wire again and again, as fast as it is read, up to so many bytes; then say nothing more."""

    line: bytes
    at_most_bytes: int
