"""The network of each world: the machine's loopback, or a sandbox."""

import threading
from collections.abc import Sequence
from enum import StrEnum

from mailfault.clients.client import Client
from mailfault.clients.placement import placement_of
from mailfault.contract import Unsupported
from mailfault.world.plan import WorldPlan
from mailfault_servers.network import HostNetwork, Network


class SandboxUse(StrEnum):
    """When the sandbox is used."""

    AUTO = "auto"
    """For clients that are programs, if the machine has it."""
    ALWAYS = "always"
    """For every client. A client that cannot be placed in it is unsupported."""
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

    def open_for(self, client: Client, plan: WorldPlan) -> Network:
        """Open the network of one world for this client. Raises Unsupported."""
        if not self._uses_sandbox(client, needs_link=plan.needs_link):
            return HostNetwork()
        from mailfault.sandbox.sandbox import shared_sandbox  # few worlds are in it

        return shared_sandbox().open_world(search=plan.scenario.dns.search)

    def check(self, client: Client) -> None:
        """Raise Unsupported if no network at all can be opened for this client."""
        self._uses_sandbox(client, needs_link=False)

    def _uses_sandbox(self, client: Client, *, needs_link: bool) -> bool:
        """Return whether the client's world is in the sandbox. Raises Unsupported."""
        if self._use is SandboxUse.NEVER:
            if placement_of(client).needs_sandbox:
                raise Unsupported(f"{client.name} cannot be told ports and name server: {_NEVER}")
            if needs_link:
                raise Unsupported(f"loopback cannot have this fault: {_NEVER}")
            return False
        must = needs_link or placement_of(client).needs_sandbox or self._use is SandboxUse.ALWAYS
        if not must and not placement_of(client).prefers_sandbox:
            return False
        reason = self.why_none()
        if reason is not None:
            if must:
                raise Unsupported(f"this needs the sandbox, which cannot be had here: {reason}")
            return False
        if not placement_of(client).can_enter_sandbox:
            raise Unsupported(
                f"{client.name} is an object of this process, which stays outside of the sandbox: "
                "name a function that can be imported (python:package.module:function)"
            )
        return True

    def why_none(self) -> str | None:
        """Return the reason why this machine has no sandbox, or None if it has one. Open the sandbox on first use."""
        from mailfault.sandbox.sandbox import NoSandbox, shared_sandbox

        with self._lock:
            if not self._tried:
                self._tried = True
                try:
                    shared_sandbox()
                except NoSandbox as reason:
                    self._why_none = str(reason)
            return self._why_none

    def described(self, clients: Sequence[Client], *, needs_link: bool) -> str:
        """Describe the networks of a run with these clients, for the head of its report.

        `needs_link` tells if any of its worlds needs a link. Without such a world or client no sandbox is opened.
        """
        if self._use is SandboxUse.NEVER:
            return "loopback"
        in_sandbox = [self._use is SandboxUse.ALWAYS or placement_of(client).prefers_sandbox for client in clients]
        if not needs_link and not any(in_sandbox):
            return "loopback"
        reason = self.why_none()
        if reason is not None:
            return f"loopback (no sandbox: {reason})"
        from mailfault.sandbox.sandbox import shared_sandbox

        way = f"sandbox ({shared_sandbox().way})"
        return way if all(in_sandbox) else f"loopback, {way} where it is needed"
