"""What a client is to the harness, and what an adapter says of itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mailfault.contract import Ended, Target

if TYPE_CHECKING:
    from mailfault.clients.client_profile import ClientProfile


class ClientError(ValueError):
    """A client cannot be had as it was asked for; the message says what is wrong, where, and the remedy."""


class Client(Protocol):
    """A delivery client under test. Several threads call it at once.

    A client that starts its programs where `target.launcher` says has `placeable = True`; one that can be told neither
    ports nor name server, and works nowhere else, `needs_sandbox = True`. One that runs in this process, and is the
    same when it is opened anew in another, has `movable = True`; with `moves_itself = True` it sees to that by itself.
    """

    @property
    def name(self) -> str:
        """As a person knows it: "smtplib (CPython 3.11.7)"."""
        ...

    @property
    def spec(self) -> str:
        """The --client string that opens it."""
        ...

    def supports(self, scenario_id: str, target: Target) -> str | None:
        """Why the client cannot be asked this, in words for a person; None: it can."""
        ...

    def deliver(self, target: Target, *, deadline_s: float) -> Ended:
        """Let it deliver once, for at most `deadline_s` seconds. Nothing that the client does is raised here."""
        ...

    def close(self) -> None:
        """End whatever was started for it. May be called again."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterInfo:
    """One way to plug in a client, and whether it can be had on this machine."""

    name: str
    """What stands before the colon in a --client string, or the whole of it."""
    what: str
    """What it takes through the scenarios, in one line."""
    installed: bool
    version: str | None
    """Of the software behind it; None where it is not installed or is the user's own."""
    how_to_install: str
    """Empty where nothing has to be installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """What an adapter's module says of itself, in a constant named ADAPTER."""

    name: str
    what: str
    open: Callable[[str, "ClientProfile | None"], Client]
    """From what stands after the colon (empty: nothing), and the user's own client profile. Raises ClientError."""
    usage: str = ""
    """What has to stand after the colon, "package.module:function"; empty: nothing may."""
    version: Callable[[], str | None] = lambda: None
    """The version of the software behind it; None: it is not installed, or is the user's own."""
    how_to_install: str = ""

    def info(self) -> AdapterInfo:
        """Whether it can be had here, asked now."""
        version = self.version()
        return AdapterInfo(
            name=self.name,
            what=self.what,
            installed=version is not None or bool(self.usage),
            version=version,
            how_to_install=self.how_to_install,
        )
