"""Events of an SMTP host: input that arrived, and a reply that is ready."""

from dataclasses import dataclass

from mailfault_servers.fault import Event
from mailfault_servers.smtp.reply import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandArrived(Event):
    """A connection, a command or the final dot arrived and has not been dealt with. Honest: `Proceed()`.

    A fault that refuses acts here, before the honest server believes anything. The stage is greeting for a connection,
    and end-of-data for the final dot, before the message is accepted.
    """

    stage: Stage
    line: str
    """The command line; empty for a connection, "." for the final dot."""
    greeting_refused: bool
    """This session was greeted with a 4xx or 5xx."""
    encrypted: bool
    accepted: int = 0
    """Number of messages accepted on this connection so far."""
    others_open: int = 0
    """Number of other open connections to this host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataArrived(Event):
    """Another line of the message arrived. Honest: `Proceed()`."""

    received_bytes: int
    """Bytes of the message text so far, this line included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyReady(Event):
    """The honest server has done its work and is about to reply. Honest: one `Send` of the whole reply."""

    stage: Stage
    encrypted: bool
