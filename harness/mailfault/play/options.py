"""Options of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mailfault.contract import Limits
from mailfault.play.placement import Networks
from mailfault_servers.clock import Clock, SystemClock

if TYPE_CHECKING:
    from mailfault.world.proxies.control import Proxies


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Settings of a run: what to judge by, how many at once, and on which network."""

    profile: str = "microsoft-365"
    jobs: int | None = None
    limits: Limits = field(default_factory=Limits)
    deadline_s: float | None = None
    """Seconds that a client may take for one delivery; computed from its limits if None."""
    control: bool = True
    """Play each scenario's control first."""
    proxies: "Proxies | None" = None
    """The proxies to use; those of this process's own Toxiproxy server if None."""
    networks: Networks = field(default_factory=Networks)
    """Opens the network of each world: loopback or a sandbox."""
    captures: Path | None = None
    """Folder for the packets captured in sandboxes; they are not kept if None."""
    clock: Clock = field(default_factory=SystemClock)
    repeat_with: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By scenario id: further words of the command that repeats it, such as ("--scenarios", "stories")."""
