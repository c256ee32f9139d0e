"""Relay in front of a proxy: passes bytes on, and records what reached the client.

The proxy may be any Toxiproxy, even in another process. Its effect on a connection is observed here: the bytes that
reached the client, and the end that closed first. Faults without a toxic in Toxiproxy act here.
"""

import asyncio
import contextlib
import itertools
import socket
import struct
from collections.abc import Sequence

from mailfault_servers.action import Action, Close, Hang, Proceed, Reset, Send
from mailfault_servers.facts import Closing, FaultActed, LinkEnded
from mailfault_servers.fault import Faults
from mailfault_servers.journal import Journal
from mailfault_servers.network import LOOPBACK, Network
from mailfault_servers.proxy.event import BytesReceived, ClientConnected
from mailfault_servers.proxy.stage_reader import StageReader
from mailfault_servers.proxy.toxic_fault import Stream
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.tcp.port import Port

FAILED = 1001
"""The first number for connections that never reach the host."""
_BUFFERED = 256 * 1024
"""Bytes buffered for a slow end before reading from the other end pauses."""


class Relay:
    """A port that forwards every connection. Start and close it on the servers' loop."""

    def __init__(
        self,
        *,
        name: str,
        sock: socket.socket,
        upstream: tuple[str, int],
        faults: Faults,
        journal: Journal,
        network: Network = LOOPBACK,
        toxics: Sequence[str] = (),
    ) -> None:
        """`sock` is a bound socket of `network`; connections are forwarded to `upstream`; `name` is the host's.

        `toxics` are the ids of the faults that the proxy carries out on every connection.
        """
        self.toxics = tuple(toxics)
        self.name = name
        self.upstream = upstream
        self.faults = faults
        self.journal = journal
        host, port = sock.getsockname()[:2]
        self.endpoint: tuple[str, int] = (host, port)
        self._port = Port(sock, name=name, faults=faults, journal=journal, network=network)
        self._connections: set[_RelayedConnection] = set()
        self._taken = itertools.count(1)
        self._onward = itertools.count(1)
        self._failed = itertools.count(FAILED)

    async def start(self) -> None:
        await self._port.open(self._new_connection)

    async def begin_delivery(self) -> None:
        """Begin another delivery, for which the port may answer differently."""
        await self._port.begin_delivery()

    def _new_connection(self) -> asyncio.Protocol:
        connection = _RelayedConnection(self)
        self._connections.add(connection)
        return connection.client

    def react_to_client(self) -> Sequence[Action]:
        """Return the actions for the connection that was just accepted."""
        event = ClientConnected(number=next(self._taken))
        return self.faults.react(event, (Proceed(),), at="link")

    def next_number(self, *, onward: bool) -> int:
        """Return the session's number, which equals the host's own for a connection that reaches the host."""
        return next(self._onward if onward else self._failed)

    def forget(self, connection: "_RelayedConnection") -> None:
        self._connections.discard(connection)

    async def settle(self, limit_s: float) -> None:
        """Wait until every connection has ended at the client's end, at most `limit_s`."""
        ended = [connection.ended.wait() for connection in tuple(self._connections)]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*ended), limit_s)
        for connection in self._connections:
            connection.settle()
        self._port.record_losses()

    async def close(self) -> None:
        """Close the port and abort every connection."""
        await self._port.close()
        connections = tuple(self._connections)
        for connection in connections:
            connection.abort()
        for _ in range(4):
            await asyncio.sleep(0)
        await asyncio.gather(
            *(connection.connecting for connection in connections if connection.connecting is not None),
            return_exceptions=True,
        )
        self._connections.clear()


class _End(asyncio.Protocol):
    """One end of a relayed connection."""

    def __init__(self, connection: "_RelayedConnection", stream: Stream) -> None:
        self._connection = connection
        self._stream = stream
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(_BUFFERED)
        self.transport = transport
        self._connection.opened(self)

    def data_received(self, data: bytes) -> None:
        self._connection.take(self._stream, data)

    def eof_received(self) -> bool:
        self._connection.finished(self, "fin")
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self._connection.lost(self, "rst" if isinstance(error, ConnectionError) else "fin")

    def pause_writing(self) -> None:
        self._connection.other(self).pause_reading()

    def resume_writing(self) -> None:
        self._connection.other(self).resume_reading()

    def pause_reading(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def write(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def finish(self) -> None:
        """Pass a FIN on; the other direction stays open."""
        if self.transport is not None and not self.transport.is_closing() and self.transport.can_write_eof():
            self.transport.write_eof()

    def close(self, how: Closing) -> None:
        if self.transport is None:
            return
        if how == "rst":
            raw = self.transport.get_extra_info("socket")
            if raw is not None and raw.fileno() >= 0:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        else:
            self.transport.close()


class _RelayedConnection:
    """One connection from a client to the proxy."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._number: int | None = None
        self.client = _End(self, "upstream")
        self.host = _End(self, "downstream")
        self._passed: dict[Stream, int] = {"upstream": 0, "downstream": 0}
        self._client_bytes = 0
        """Bytes that the client sent, passed on or not."""
        self._read = StageReader()
        self._stage: dict[Stream, Stage] = {"upstream": Stage.GREETING, "downstream": Stage.GREETING}
        self._before: dict[Stream, int] = dict(self._passed)
        """Bytes passed when that stage began."""
        self._dead: set[Stream] = set()
        self._waiting: list[bytes] = []
        """The client's bytes until the connection to the proxy is open."""
        self._finished: set[_End] = set()
        """The ends that sent FIN."""
        self.ended = asyncio.Event()
        self._is_recorded = False
        self._has_quit = False
        """True if the client's last bytes were QUIT."""
        self.connecting: asyncio.Task[None] | None = None

    def other(self, end: _End) -> _End:
        return self.host if end is self.client else self.client

    def opened(self, end: _End) -> None:
        if end is self.host:
            waiting, self._waiting = self._waiting, []
            for data in waiting:
                self.host.write(data)
            if self.client in self._finished:
                self.host.finish()
            return
        actions = self._relay.react_to_client()
        self._number = self._relay.next_number(onward=Proceed() in actions)
        if Proceed() in actions:
            for toxic in self._relay.toxics:
                self._relay.journal.record(self._relay.name, FaultActed(fault=toxic, at="link"), session=self._number)
            self.connecting = asyncio.ensure_future(self._connect())
        else:
            self._run_actions(actions, "upstream")

    async def _connect(self) -> None:
        host, port = self._relay.upstream
        try:
            await asyncio.get_running_loop().create_connection(lambda: self.host, host, port)
        except OSError:
            self._end("host", "rst")
            self.client.close("rst")

    def take(self, stream: Stream, data: bytes) -> None:
        """Pass bytes on, stage by stage, unless a fault decides otherwise."""
        if stream == "upstream":
            self._client_bytes += 0 if self._is_recorded else len(data)
            self._has_quit = data[-6:].upper() == b"QUIT\r\n"
            pieces = self._read.read_client(data)
        else:
            pieces = self._read.read_host(data)
        for stage, piece in pieces:
            self._take_piece(stream, stage, piece)

    def _take_piece(self, stream: Stream, stage: Stage, data: bytes) -> None:
        if stream in self._dead:
            return
        if stage is not self._stage[stream]:
            self._stage[stream], self._before[stream] = stage, self._passed[stream]
        passed = self._passed[stream]
        event = BytesReceived(
            stream=stream,
            passed=passed,
            data=data,
            stage=stage,
            passed_in_stage=passed - self._before[stream],
        )
        actions = self._relay.faults.react(event, (Send(data),), session=self._number, at=stream)
        self._run_actions(actions, stream)

    def _run_actions(self, actions: Sequence[Action], stream: Stream) -> None:
        for action in actions:
            match action:
                case Send(data):
                    self._pass_on(stream, data)
                case Hang():
                    self._dead.add(stream)
                case Close() | Reset():
                    how: Closing = "fin" if isinstance(action, Close) else "rst"
                    self._dead.update(("upstream", "downstream"))
                    self._end("host", how)
                    self.client.close(how)
                    self.host.close(how)
                case _:
                    raise TypeError(f"a relay cannot carry out {action!r}")

    def _pass_on(self, stream: Stream, data: bytes) -> None:
        if stream == "downstream":
            if not self._is_recorded:
                self._passed[stream] += len(data)
            self.client.write(data)
            return
        self._passed[stream] += len(data)
        if self.host.transport is None:
            self._waiting.append(data)
        else:
            self.host.write(data)

    def finished(self, end: _End, how: Closing) -> None:
        """Pass on the FIN of one end. The other direction stays open.

        Ignore it if the client closes its half right after QUIT, as Exim does: the host closes by itself, and Toxiproxy
        would close both directions at once and lose the last replies.
        """
        if end is self.client and self._has_quit and self.host not in self._finished:
            self._finished.add(end)
            return
        self._end("client" if end is self.client else "host", how)
        self._finished.add(end)
        if len(self._finished) == 2:
            self.client.close("fin")
            self.host.close("fin")
        else:
            self.other(end).finish()

    def settle(self) -> None:
        """Record the end of a client that sent QUIT and closed, if the host has not closed."""
        if self.client in self._finished:
            self._end("client", "fin")

    def lost(self, end: _End, how: Closing) -> None:
        self._end("client" if end is self.client else "host", how)
        self.other(end).close(how)
        if end is self.client:
            self.ended.set()
            self._relay.forget(self)
            if self.host.transport is None and self.connecting is not None:
                self.connecting.cancel()

    def _end(self, by: str, how: Closing) -> None:
        if self._is_recorded:
            return
        self._is_recorded = True
        self._relay.journal.record(
            self._relay.name,
            LinkEnded(
                by="client" if by == "client" else "host",
                how=how,
                to_client_bytes=self._passed["downstream"],
                from_client_bytes=self._client_bytes,
            ),
            session=self._number,
        )

    def abort(self) -> None:
        self._is_recorded = True
        if self.connecting is not None:
            self.connecting.cancel()
        for end in (self.client, self.host):
            if end.transport is not None:
                end.transport.abort()
