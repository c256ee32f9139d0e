"""Actions of a server: the values that honest behaviour and faults are made of.

A server passes each event to its faults, with the actions of an honest server, and runs the actions that they return
in order. Actions are plain values, so a fault is tested without a socket.
"""

from dataclasses import dataclass
from typing import Literal

IcmpError = Literal["network", "host", "port", "prohibited"]
"""The code of an ICMP Destination Unreachable message (RFC 792, RFC 4443 3.1)."""


class Action:
    """One step of a server."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Proceed(Action):
    """Let the honest server handle the event."""


@dataclass(frozen=True, slots=True)
class Send(Action):
    """Send these bytes unchanged (DNS over UDP: one datagram)."""

    data: bytes


@dataclass(frozen=True, slots=True)
class SendRaw(Action):
    """Send these bytes from a name server as they are: without cutting a datagram or adding the length of TCP."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Wait(Action):
    """Do nothing for this many seconds, then go on."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hang(Action):
    """Keep the connection open and send nothing more."""


@dataclass(frozen=True, slots=True)
class AwaitNextDelivery(Action):
    """Send nothing until the client has ended this delivery and the next one is about to begin, then go on."""


@dataclass(frozen=True, slots=True)
class SendUnprotected(Action):
    """Send these bytes below TLS in an encrypted session: the client takes them for a record."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Close(Action):
    """Send FIN and end the session."""

    close_notify: bool = True
    """Under TLS: send close_notify first, as the protocol demands (RFC 8446 6.1)."""


@dataclass(frozen=True, slots=True)
class HalfClose(Action):
    """Send FIN, and go on reading."""


@dataclass(frozen=True, slots=True)
class Reset(Action):
    """Send RST and end the session (RFC 9293 3.5.2)."""


@dataclass(frozen=True, slots=True)
class Drop(Action):
    """Discard a datagram."""


@dataclass(frozen=True, slots=True)
class Listen(Action):
    """Accept connections, as an honest server does."""


@dataclass(frozen=True, slots=True)
class Refuse(Action):
    """Hold the port without listening: the kernel answers each SYN with RST (ECONNREFUSED)."""


@dataclass(frozen=True, slots=True)
class FillBacklog(Action):
    """Listen with a queue that is already full: the kernel answers no further SYN (ETIMEDOUT)."""


@dataclass(frozen=True, slots=True)
class Unreachable(Action):
    """Answer every packet with an ICMP message: Destination Unreachable (RFC 792; RFC 4443 3.1)."""

    what: IcmpError
    """The unreachable part, or "prohibited" for a filter (administratively prohibited)."""


@dataclass(frozen=True, slots=True)
class CutLink(Action):
    """Take the client's link down: packets are lost silently."""

    lasting_s: float | None = None
    """Seconds until it is up again. None: for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LosePackets(Action):
    """Silently drop packets between the client and one address that match every given limit."""

    towards: Literal["host", "client"]
    """The direction of the packets."""
    every: int | None = None
    """Only every n-th of them."""
    first: int | None = None
    """Only the first n of them."""
    longer_than: int | None = None
    """Only packets of more bytes than this, IP header included."""


@dataclass(frozen=True, slots=True)
class Drip(Action):
    """Send these bytes one at a time."""

    data: bytes
    every_s: float


@dataclass(frozen=True, slots=True)
class Begin(Action):
    """Send the beginning of a reply. The `Send` that ends it is recorded together with it."""

    data: bytes


@dataclass(frozen=True, slots=True)
class AwaitInput(Action):
    """Listen for this many seconds, then go on. If the client has sent anything by then, run `otherwise` first."""

    seconds: float
    otherwise: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Blame(Action):
    """Record that the client broke a rule. The reply that punishes it follows."""

    rule: str
    """The rule by its name."""
    breach: str
    """The breach in words, with the clause: "it spoke before ..."."""


@dataclass(frozen=True, slots=True)
class Flood(Action):
    """Repeat one line as fast as it is read, up to `at_most_bytes`; then send nothing more."""

    line: bytes
    at_most_bytes: int
