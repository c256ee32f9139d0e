"""Events of an SMTP host: input that arrived, and a reply that is ready."""

from dataclasses import dataclass

from mailfault_servers.fault import Event
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.rules import Rule


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
    broken: Rule | None = None
    """The rule that the command breaks; at the final dot, that the message broke."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataArrived(Event):
    """Another line of the message arrived. Honest: `Proceed()`."""

    received_bytes: int
    """Bytes of the message text so far, this line included."""
    broken: Rule | None = None
    """The rule for whose sake this end of the message is none to a strict host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyReady(Event):
    """The honest server has done its work and is about to reply. Honest: one `Send` of the whole reply."""

    stage: Stage
    encrypted: bool
    broken: Rule | None = None
    """At the final dot: the rule that the message broke."""
    ahead: Rule | None = None
    """The rule that is broken by input that arrives before this reply."""
