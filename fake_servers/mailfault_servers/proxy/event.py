"""Events of a relay, for its faults."""

from dataclasses import dataclass

from mailfault_servers.fault import Event
from mailfault_servers.proxy.toxic_fault import Stream
from mailfault_servers.smtp.reply import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConnected(Event):
    """A client's connection was accepted; nothing was passed on yet. Honest: `Proceed()`."""

    number: int
    """The number of the connection, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BytesReceived(Event):
    """Bytes arrived at one end and are about to leave at the other. Honest: one `Send` of them."""

    stream: Stream
    passed: int
    """Bytes that passed in this direction before."""
    data: bytes
    stage: Stage
    """The stage of the session, as far as it is in clear."""
    passed_in_stage: int
    """Bytes that passed in this direction since that stage began."""
