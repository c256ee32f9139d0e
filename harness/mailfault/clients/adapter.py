"""The description that each adapter module gives of itself in its constant ADAPTER."""

from collections.abc import Callable
from dataclasses import dataclass

from mailfault.clients.client import Client
from mailfault.clients.client_profile import ClientProfile
from mailfault.clients.errors import ClientError
from mailfault.clients.process.probe import Availability


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterInfo:
    """One way to plug in a client, and its state on this machine."""

    name: str
    """The part of a --client string before the colon, or the whole string."""
    what: str
    """The client, in one line."""
    installed: bool
    version: str | None
    """Version of the client's software; None if it is not installed or is the user's own."""
    missing: str | None
    """The missing program or part, for a person; None if the client can be used."""
    how_to_install: str
    """Empty if there is nothing to install."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonUse:
    """The interpreter for clients that are Python functions of the user."""

    python: str | None = None
    """An interpreter, or the folder of a virtual environment; None for the harness's own."""
    in_process: bool = False
    """True: run the client in the harness's process, with the harness's own versions of all libraries."""


_DEFAULT_USE = PythonUse()


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """One way to plug in a client."""

    name: str
    """The part of a --client string before the colon, or the whole string: the file's name, with hyphens."""
    what: str
    """The client, in one line."""
    create: Callable[[str, ClientProfile | None], Client]
    """Makes a client from the part after the colon (may be empty) and the user's own client profile. Raises
    ClientError. Called only if nothing is missing."""
    create_with: Callable[[str, ClientProfile | None, PythonUse], Client] | None = None
    """Makes a client in the user's choice of interpreter; None if the client is no Python function of the user."""
    usage: str = ""
    """The form of the part after the colon, "package.module:function"; empty if none is allowed."""
    check: Callable[[], Availability] = Availability
    """Looks for the client's software on this machine."""
    how_to_install: str = ""

    def info(self) -> AdapterInfo:
        """Return the description, with the state of this machine."""
        state = self.check()
        return AdapterInfo(
            name=self.name,
            what=self.what,
            installed=state.missing is None,
            version=state.version,
            missing=state.missing,
            how_to_install=self.how_to_install,
        )

    def open(self, argument: str, profile: ClientProfile | None, use: PythonUse = _DEFAULT_USE) -> Client:
        """Open a client. Raises ClientError, with the remedy, if something is missing."""
        missing = self.check().missing
        if missing is not None:
            reason = f"--client {self.name}: {self.name} is not installed"
            raise ClientError(reason, cause=missing, hint=f"to install: {self.how_to_install}")
        return self.create(argument, profile) if self.create_with is None else self.create_with(argument, profile, use)
