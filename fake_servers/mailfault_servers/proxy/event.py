"""What a relay asks its faults about."""

from dataclasses import dataclass

from mailfault_servers.fault import Event
from mailfault_servers.proxy.toxic_fault import Stream
from mailfault_servers.smtp.reply import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConnected(Event):
    """A client's connection was taken, and nothing of it passed on yet. Honest: `Proceed()`."""

    number: int
    """Which connection it is, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BytesReceived(Event):
    """Bytes came in at one end and are about to leave at the other. Honest: one `Send` of them."""

    stream: Stream
    passed: int
    """How many bytes had passed in this direction before."""
    data: bytes
    stage: Stage
    """How far the session has got, as far as it is in clear."""
    passed_in_stage: int
    """How many bytes had passed in this direction since that stage began."""
