"""The side of the sandbox on which a client runs: one declared value for each kind of client."""

from enum import Enum


class Placement(Enum):
    """The worlds that a client can reach: on loopback, in the sandbox, or both.

    A world on loopback has its own ports and resolver, which the target names. A world in the sandbox has a network
    namespace of its own, and only processes inside it reach its servers.
    """

    IN_PROCESS = "in-process"
    """An object of this process that cannot be opened again: it reaches loopback only."""
    REOPENABLE = "reopenable"
    """Python code in this process. Another process can open it again from `spec`, so a world in the sandbox runs a copy
    (see `sandboxed.sandboxed_client`). It runs on loopback unless the world needs the sandbox."""
    PROGRAM = "program"
    """Programs started through `target.launcher`. It runs in the sandbox if there is one, else on loopback."""
    SANDBOX_ONLY = "sandbox-only"
    """Programs that take neither a port nor a resolver from outside: they deliver in the sandbox only."""
    PLACES_ITSELF = "places-itself"
    """A long-running program that is restarted through `target.launcher` for each world in the sandbox. It runs on
    loopback unless the world needs the sandbox."""

    @property
    def can_enter_sandbox(self) -> bool:
        """Return whether it can deliver to a world in the sandbox."""
        return self is not Placement.IN_PROCESS

    @property
    def prefers_sandbox(self) -> bool:
        """Return whether its worlds are in the sandbox even if loopback would do."""
        return self in (Placement.PROGRAM, Placement.SANDBOX_ONLY)

    @property
    def needs_sandbox(self) -> bool:
        """Return whether it cannot deliver on loopback."""
        return self is Placement.SANDBOX_ONLY


def placement_of(client: object) -> Placement:
    """Return what the client declares in `where`, or IN_PROCESS for a user's object that declares nothing."""
    declared = getattr(client, "where", Placement.IN_PROCESS)
    if not isinstance(declared, Placement):
        raise TypeError(f"{type(client).__name__}.where is {declared!r}; it is a mailfault.clients.Placement")
    return declared
