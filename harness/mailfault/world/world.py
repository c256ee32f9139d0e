"""A running world: the fake servers of one scenario, and the target that a client delivers to."""

import contextlib
import errno
import tempfile
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from mailfault.contract import Target
from mailfault.scenario.model import Scenario
from mailfault.world.message import message_of, without_known_content
from mailfault.world.plan import WorldPlan
from mailfault.world.servers import Servers
from mailfault_servers.clock import Clock, SystemClock
from mailfault_servers.dns.zone import Zone
from mailfault_servers.facts import MessageGiven
from mailfault_servers.journal import Entry, Journal
from mailfault_servers.network import LOOPBACK, Network, NetworkLacks

if TYPE_CHECKING:
    from mailfault.world.proxies.control import Proxies
    from mailfault_servers.tls.authority import Authority


CLIENT = "client"
"""The name under which the journal keeps facts about the client under test."""
_NOT_RUNNING = "this world is not running; use it as `with World(plan_world(scenario)) as world:`"


class World:
    """The running servers of one plan: a context manager that closes all that it opened.

    >>> with World(plan_world(scenario)) as world:
    ...     answer = deliver(world.target)
    ...     evidence = world.entries()
    """

    def __init__(
        self,
        plan: WorldPlan,
        *,
        clock: Clock | None = None,
        network: Network | None = None,
        authority: "Authority | None" = None,
        proxies: "Proxies | None" = None,
        capture_file: Path | None = None,
    ) -> None:
        """`network` is closed with the world. `capture_file` receives every packet if the network has a link."""
        self.plan = plan
        self._clock = clock if clock is not None else SystemClock()
        self._dated = self._clock.now()
        self._network = network if network is not None else LOOPBACK
        self._authority = authority
        self._proxies = proxies
        self._capture_file = capture_file
        self.journal = Journal(self._clock)
        self._servers = Servers()
        self._opened = contextlib.ExitStack()
        self._target: Target | None = None
        self._zone: Zone | None = None
        self._message = 1

    @property
    def scenario(self) -> Scenario:
        return self.plan.scenario

    @property
    def target(self) -> Target:
        """The target of the current delivery. Raises RuntimeError if the world is not running."""
        if self._target is None:
            raise RuntimeError(_NOT_RUNNING)
        return self._target

    @property
    def zone(self) -> Zone:
        """The honest zone of the name server. Raises RuntimeError if the world was never opened."""
        if self._zone is None:
            raise RuntimeError(_NOT_RUNNING)
        return self._zone

    def entries(self, attempt: int | None = None) -> tuple[Entry, ...]:
        """Return the journal so far: of all attempts, or of one with the entries that belong to no session."""
        entries = without_known_content(
            self.journal.entries, self._message, is_eight_bit=self.scenario.connector.content == "8bit"
        )
        if attempt is None:
            return entries
        return tuple(
            entry for entry in entries if entry.attempt == attempt or (entry.session is None and entry.server != "dns")
        )

    def next_attempt(self) -> Target:
        """Begin another delivery attempt of the same message; return its target."""
        return self._begin_delivery(replace(self.target, attempt=self.target.attempt + 1))

    def next_message(self) -> Target:
        """Begin the delivery of another message; return its target."""
        self._message += 1
        message = message_of(self._message, is_eight_bit=self.scenario.connector.content == "8bit")
        return self._begin_delivery(replace(self.target, message=message, attempt=1))

    def _begin_delivery(self, target: Target) -> Target:
        self.settle()
        self.journal.attempt += 1
        # The end of an idle connection is recorded under the delivery that discovers it.
        self._servers.begin_delivery()
        self._target = target
        self._record_given(target)
        return target

    def _record_given(self, target: Target) -> None:
        message = target.message
        given = MessageGiven(
            sender=target.sender,
            recipients=target.recipients,
            size=len(message),
            is_eight_bit=not message.isascii(),
        )
        self.journal.record(CLIENT, given)

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> None:
        # The servers' libraries (aiosmtpd, cryptography, dnslib) are slow to import; a plan needs none of them.
        from mailfault.world.build import WorldBuilder, build_target
        from mailfault_servers.tls.authority import shared_authority

        needs = self.plan.link_needs
        if needs and not self._network.has_link:
            raise NetworkLacks(errno.EOPNOTSUPP, f"{needs[0]} needs the sandbox, and this world is on loopback")
        authority = self._authority if self._authority is not None else shared_authority()
        builder = WorldBuilder(
            self.plan,
            network=self._network,
            authority=authority,
            proxies=self._proxies,
            journal=self.journal,
            clock=self._clock,
            dated=self._dated,
            servers=self._servers,
            opened=self._opened,
        )
        endpoints, self._zone = builder.build(self._capture_file)
        self._servers.start()
        folder = Path(self._opened.enter_context(tempfile.TemporaryDirectory(prefix="mailfault-")))
        self._target = build_target(self.plan, endpoints, folder=folder, authority=authority, network=self._network)
        self._record_given(self._target)

    def settle(self) -> None:
        """Wait until the servers have recorded how the client's connections ended: no wait if it closed them."""
        self._servers.settle()

    def close(self) -> None:
        """Break off open connections; close every socket and file. May be called again."""
        self._servers.close()
        self._opened.close()
        self._network.close()
        self._target = None
