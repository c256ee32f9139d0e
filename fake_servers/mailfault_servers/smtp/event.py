"""What an SMTP host asks its faults about: what arrived, and what is about to leave."""

from dataclasses import dataclass

from mailfault_servers.fault import Event
from mailfault_servers.smtp.reply import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived(Event):
    """Something came in and has not been dealt with. Honest: `Proceed()`.

    A fault that refuses acts here, before the honest server believes anything. Greeting: the connection itself;
    end-of-data: the final dot, before the message is accepted.
    """

    stage: Stage
    line: str
    """The command line; empty for a connection, "." for the final dot."""
    greeting_refused: bool
    """This session was greeted with a 4xx or 5xx."""
    encrypted: bool
    accepted: int = 0
    """How many messages this connection has brought so far."""
    others_open: int = 0
    """How many other connections to this host are open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageArriving(Event):
    """Another line of the message came in. Honest: `Proceed()`."""

    received_bytes: int
    """Bytes of the message text so far, this line included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving(Event):
    """The honest server has done its work and is about to say so. Honest: one `Send` of the whole reply."""

    stage: Stage
    encrypted: bool
