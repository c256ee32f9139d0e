"""A TCP port, which answers a SYN by accepting it, by RST, by ICMP, or not at all."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Sequence
from typing import Annotated, Literal

from pydantic import Field

from mailfault_servers.action import Action, FillBacklog, Listen, LosePackets, Refuse, Unreachable
from mailfault_servers.facts import PacketsLost, PortOpened, PortState
from mailfault_servers.fault import Event, Fault, Faults
from mailfault_servers.journal import Journal
from mailfault_servers.network import LOOPBACK, Network
from mailfault_servers.tcp.event import PortOpening

_BY_ICMP: dict[str, PortState] = {
    "network": "unreachable",
    "host": "unreachable",
    "port": "rejecting",
    "prohibited": "prohibited",
}


class PortFault(Fault):
    """A fault that can be limited to one of a host's addresses."""

    address: Annotated[int, Field(ge=1)] | None = None
    """Only at this one of the host's addresses, counted from 1. Absent: at each."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, PortOpening) or self.address not in (None, event.number):
            return honest
        return self.opening(honest)

    def opening(self, honest: Sequence[Action]) -> Sequence[Action]:
        """Return the actions for the port that is about to open, given the actions without this fault."""
        return (self.answer(),)

    def answer(self) -> Action:
        """Return the action that answers a SYN."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it answers")


class Port:
    """A bound socket, and the treatment of connections to it.

    That socket only holds the port: with nothing else on it the kernel answers with RST. A second socket on the same
    port listens, so that the port can change from one delivery to the next and is never given up.
    """

    def __init__(
        self,
        sock: socket.socket,
        *,
        name: str,
        faults: Faults,
        journal: Journal | None,
        network: Network = LOOPBACK,
        number: int = 1,
        service: Literal["smtp", "https"] = "smtp",
    ) -> None:
        """Take a socket of `network`. `number` counts the host's addresses from 1. Without a `journal` nothing is
        recorded: no client knows the port."""
        self._sock = sock
        self._network = network
        self._address = str(sock.getsockname()[0])
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._number = number
        self._name = name
        self._faults = faults
        self._journal = journal
        self._listening: socket.socket | None = None
        self._service = service
        self._server: asyncio.Server | None = None
        self._fillers: list[socket.socket] = []
        self._session: Callable[[], asyncio.Protocol] | None = None
        self._state: PortState | None = None
        self._losses: tuple[LosePackets, ...] = ()

    async def open(self, session: Callable[[], asyncio.Protocol]) -> None:
        """Open the port; `session` makes the protocol of each accepted connection."""
        self._session = session
        await self.begin_delivery()

    async def begin_delivery(self) -> None:
        """Apply the faults of this delivery to the port. Connections accepted before stay as they are."""
        address = self._address
        opening = PortOpening(address=address, number=self._number)
        # Clients do not know a port without a journal: another one in front of it has the address that they ask.
        public = address if self._journal is not None else None
        actions = self._faults.react(opening, (Listen(),), at="connect", address=public)
        self._set_losses(tuple(action for action in actions if isinstance(action, LosePackets)))
        state = _state(actions)
        if state == self._state:
            return
        await self._shut()
        if state == "listening":
            assert self._session is not None
            self._listening = self._second_socket()
            self._server = await asyncio.get_running_loop().create_server(self._session, sock=self._listening)
        elif state == "unresponsive":
            self._listening = self._second_socket()
            self._fill_backlog(self._listening)
        elif (unreachable := _unreachable(actions)) is not None:
            self._network.set_unreachable(address, unreachable.what)
        self._state = state
        if self._journal is not None:
            self._journal.record(self._name, PortOpened(address=address, state=state, service=self._service))

    def _set_losses(self, losses: tuple[LosePackets, ...]) -> None:
        """Lose packets from now on; the count of the last delivery ends."""
        if losses or self._losses:
            self._network.set_packet_loss(self._address, losses)
        self._losses = losses

    def record_losses(self) -> None:
        """Record how many packets were lost in this delivery, if any were to be."""
        if self._journal is not None and self._losses and (packets := self._network.lost_packets(self._address)):
            self._journal.record(self._name, PacketsLost(address=self._address, packets=packets))

    def _second_socket(self) -> socket.socket:
        made = self._network.unbound_socket(self._address)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(self._sock.getsockname())
        return made

    async def _shut(self) -> None:
        """Stop listening, empty the backlog, and stop answering by ICMP."""
        if self._state in _BY_ICMP.values():
            self._network.set_unreachable(self._address, None)
        if self._listening is not None:
            await finish_accepting(self._listening)
            # Not close() alone: a process that is being started at this moment holds the descriptor too, until exec().
            self._listening.shutdown(socket.SHUT_RDWR)
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        for filler in self._fillers:
            filler.close()
        self._fillers.clear()

    def _fill_backlog(self, listening: socket.socket) -> None:
        # Linux takes backlog + 1 connections before it drops SYNs; these are never accepted.
        listening.listen(0)
        for _ in range(2):
            filler = self._network.unbound_socket(self._address)
            with contextlib.suppress(BlockingIOError):
                filler.connect(self._sock.getsockname())
            self._fillers.append(filler)

    async def close(self) -> None:
        """Close both sockets. Accepted connections are left to their sessions."""
        await self._shut()
        self._sock.close()


async def finish_accepting(listening: socket.socket) -> None:
    """Stop accepting connections, and let asyncio finish those that it has accepted.

    It needs three turns of the loop from accept() to connection_made. A `Server.close()` in between loses the
    connection silently and leaves its socket open (asyncio.base_events.Server._attach).
    """
    loop = asyncio.get_running_loop()
    if listening.fileno() >= 0:
        loop.remove_reader(listening.fileno())
    for _ in range(4):
        await asyncio.sleep(0)


def _unreachable(actions: Sequence[Action]) -> Unreachable | None:
    return next((action for action in actions if isinstance(action, Unreachable)), None)


def _state(actions: Sequence[Action]) -> PortState:
    if (unreachable := _unreachable(actions)) is not None:
        return _BY_ICMP[unreachable.what]
    if any(isinstance(action, Refuse) for action in actions):
        return "refusing"
    if any(isinstance(action, FillBacklog) for action in actions):
        return "unresponsive"
    return "listening"
