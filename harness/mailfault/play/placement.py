"""Which network a client's worlds are in: the machine's loopback, or a sandbox where it can be had and helps."""

import threading
from collections.abc import Sequence
from enum import StrEnum
from typing import cast

from mailfault.clients.client import Client
from mailfault.clients.placement import placement_of
from mailfault.contract import Unsupported
from mailfault.sandbox.sandbox import NoSandbox, shared_sandbox
from mailfault_servers.network import HostNetwork, Network


class SandboxUse(StrEnum):
    """When the sandbox is used."""

    AUTO = "auto"
    """For clients that are programs, where it can be had."""
    ALWAYS = "always"
    """For every client; what cannot be put into it is not played."""
    NEVER = "never"
    """Never: all worlds are on loopback."""


_NEVER = "it needs the sandbox (--sandbox never)"


class Networks:
    """Opens the networks of one run's worlds. Any thread may ask."""

    def __init__(self, use: SandboxUse = SandboxUse.AUTO) -> None:
        self._use = use
        self._lock = threading.Lock()
        self._why_none: str | None = None
        self._tried = False

    def open_for(self, client: Client, *, needed: bool = False, search: Sequence[str] = ()) -> Network:
        """A network for one world that this client is sent to. `needed`: the world is one that loopback cannot have.
        `search`: the search domains of its resolv.conf. Raises Unsupported where the client can have none."""
        if self._use is SandboxUse.NEVER:
            if placement_of(client).needs_sandbox:
                raise Unsupported(f"{client.name} cannot be told ports and name server: {_NEVER}")
            if needed:
                raise Unsupported(f"loopback cannot have this fault: {_NEVER}")
            return HostNetwork()
        wanted = needed or placement_of(client).needs_sandbox or self._use is SandboxUse.ALWAYS
        if not wanted and not placement_of(client).prefers_sandbox:
            return HostNetwork()
        reason = self.why_none()
        if reason is not None:
            if wanted:
                raise Unsupported(f"this needs the sandbox, which cannot be had here: {reason}")
            return HostNetwork()
        if not placement_of(client).can_enter_sandbox:
            raise Unsupported(
                f"{client.name} is an object of this process, which stays outside of the sandbox: "
                "name a function that can be imported (python:package.module:function)"
            )
        return cast(Network, shared_sandbox().open_world(search=search))

    def why_none(self) -> str | None:
        """Why the sandbox cannot be had on this machine; None: it can. Found out by trying, once."""
        with self._lock:
            if not self._tried:
                self._tried = True
                try:
                    shared_sandbox()
                except NoSandbox as reason:
                    self._why_none = str(reason)
            return self._why_none

    def described(self, clients: list[Client]) -> str:
        """The networks of a run with these clients, for the head of its report."""
        if self._use is SandboxUse.NEVER:
            return "loopback"
        inside = [self._use is SandboxUse.ALWAYS or placement_of(one).prefers_sandbox for one in clients]
        reason = self.why_none()
        if reason is not None:
            return f"loopback (no sandbox: {reason})"
        way = f"sandbox ({shared_sandbox().way})"
        return way if all(inside) else f"loopback, {way} where it is needed"
