"""Events of a TCP port and of the connections that are kept on it."""

from dataclasses import dataclass

from mailfault_servers.fault import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PortOpening(Event):
    """A host's port is about to open, or the next delivery is about to begin. Honest: `Listen()`."""

    address: str
    number: int = 1
    """Number of the address among the host's addresses, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle(Event):
    """The client keeps this connection, has no request pending, and its next delivery is about to begin.

    Honest: nothing.
    """

    encrypted: bool
