"""The description that each adapter module gives of itself in its constant ADAPTER."""

from collections.abc import Callable
from dataclasses import dataclass

from mailfault.clients.client import Client
from mailfault.clients.client_profile import ClientProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterInfo:
    """One way to plug in a client, and its state on this machine."""

    name: str
    """The part of a --client string before the colon, or the whole string."""
    what: str
    """The client, in one line."""
    installed: bool
    version: str | None
    """Version of the client software; None if it is not installed or is the user's own."""
    how_to_install: str
    """Empty if there is nothing to install."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """One way to plug in a client."""

    name: str
    what: str
    open: Callable[[str, ClientProfile | None], Client]
    """Opens a client from the part after the colon (may be empty) and the user's own client profile. Raises
    ClientError."""
    usage: str = ""
    """The form of the part after the colon, "package.module:function"; empty if none is allowed."""
    version: Callable[[], str | None] = lambda: None
    """Returns the version of the client software; None if it is not installed or is the user's own."""
    how_to_install: str = ""

    def info(self) -> AdapterInfo:
        """Return the description, with the state of this machine."""
        version = self.version()
        return AdapterInfo(
            name=self.name,
            what=self.what,
            installed=version is not None or bool(self.usage),
            version=version,
            how_to_install=self.how_to_install,
        )
