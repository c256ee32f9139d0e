"""The client's end of a proxied connection: passes bytes on to the proxy, and notes what the client got of them.

The proxy itself may be any Toxiproxy, in another process even, so what it did to a connection is read off here: how
many bytes came through to the client, and which end was the first to go. Faults that Toxiproxy has no toxic for act
here.
"""

import asyncio
import contextlib
import itertools
import socket
import struct
from collections.abc import Sequence

from mailfault_servers.action import Action, Close, Hang, Proceed, Reset, Send
from mailfault_servers.facts import Closing, FaultActed, LinkEnded
from mailfault_servers.fault import Fault, Faults
from mailfault_servers.journal import Journal
from mailfault_servers.network import LOOPBACK, Network
from mailfault_servers.proxy.event import LinkOpening, Passing
from mailfault_servers.proxy.stage import StageReader
from mailfault_servers.proxy.toxic_fault import Stream
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.tcp.port import Port

FAILED = 1001
"""Where the numbers of the connections begin that never went on to the host."""
_BUFFERED = 256 * 1024
"""Bytes that a slow end may lag behind before the other is made to wait."""


class Relay:
    """A port that passes every connection on. Start and close it on the servers' loop."""

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
        """`sock` is bound, and from `network`; `upstream` is where connections go on to; `name` is the host's.

        `toxics` are the ids of the faults that the proxy behind it carries out on every connection.
        """
        self.toxics = tuple(toxics)
        self.name = name
        self.upstream = upstream
        self.faults = faults
        self.journal = journal
        host, port = sock.getsockname()[:2]
        self.endpoint: tuple[str, int] = (host, port)
        self._port = Port(sock, name=name, faults=faults, journal=journal, network=network)
        self._links: set[_Link] = set()
        self._taken = itertools.count(1)
        self._onward = itertools.count(1)
        self._failed = itertools.count(FAILED)

    async def start(self) -> None:
        await self._port.open(self._new_link)

    async def begin_delivery(self) -> None:
        """Another delivery begins: the port may answer otherwise in it."""
        await self._port.begin_delivery()

    def _new_link(self) -> asyncio.Protocol:
        link = _Link(self)
        self._links.add(link)
        return link.client

    def react_to_opening(self) -> Sequence[Action]:
        """What is to be done with the connection that was just taken."""
        event = LinkOpening(number=next(self._taken))
        return self.faults.react(event, (Proceed(),), at="link")

    def number_of(self, *, onward: bool) -> int:
        """The session's number: the host's own, for it sees them in the same order, where the connection goes on."""
        return next(self._onward if onward else self._failed)

    def forget(self, link: "_Link") -> None:
        self._links.discard(link)

    async def settle(self, limit_s: float) -> None:
        """Wait until every connection has ended at the client's end, at most so long."""
        ended = [link.ended.wait() for link in tuple(self._links)]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*ended), limit_s)
        for link in self._links:
            link.settle()
        self._port.tell_lost()

    async def close(self) -> None:
        """Close the port and break off every connection."""
        await self._port.close()
        links = tuple(self._links)
        for link in links:
            link.abort()
        for _ in range(4):
            await asyncio.sleep(0)
        await asyncio.gather(
            *(link.connecting for link in links if link.connecting is not None), return_exceptions=True
        )
        self._links.clear()


class _End(asyncio.Protocol):
    """One end of a link."""

    def __init__(self, link: "_Link", stream: Stream) -> None:
        self._link = link
        self._stream = stream
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(_BUFFERED)
        self.transport = transport
        self._link.opened(self)

    def data_received(self, data: bytes) -> None:
        self._link.take(self._stream, data)

    def eof_received(self) -> bool:
        self._link.finished(self, "fin")
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self._link.lost(self, "rst" if isinstance(error, ConnectionError) else "fin")

    def pause_writing(self) -> None:
        self._link.other(self).pause_reading()

    def resume_writing(self) -> None:
        self._link.other(self).resume_reading()

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
        """Pass a FIN on: the other direction goes on."""
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


class _Link:
    """One connection, from the client to what stands behind."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._number: int | None = None
        self.client = _End(self, "upstream")
        self.host = _End(self, "downstream")
        self._passed: dict[Stream, int] = {"upstream": 0, "downstream": 0}
        self._said = 0
        """How many bytes the client sent, passed on or not."""
        self._read = StageReader()
        self._stage: dict[Stream, Stage] = {"upstream": Stage.GREETING, "downstream": Stage.GREETING}
        self._before: dict[Stream, int] = dict(self._passed)
        """What had passed when that stage began."""
        self._dead: set[Stream] = set()
        self._waiting: list[bytes] = []
        """What the client said before the way on was open."""
        self._finished: set[_End] = set()
        """The ends that have said FIN."""
        self.ended = asyncio.Event()
        self._told = False
        self._has_quit = False
        """Whether the last that the client said was QUIT."""
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
        actions = self._relay.react_to_opening()
        self._number = self._relay.number_of(onward=Proceed() in actions)
        if Proceed() in actions:
            for one in self._relay.toxics:
                self._relay.journal.record(self._relay.name, FaultActed(fault=one, at="link"), session=self._number)
            self.connecting = asyncio.ensure_future(self._connect())
        else:
            self._carry_out(actions, "upstream")

    async def _connect(self) -> None:
        host, port = self._relay.upstream
        try:
            await asyncio.get_running_loop().create_connection(lambda: self.host, host, port)
        except OSError:
            self._end("host", "rst")
            self.client.close("rst")

    def take(self, stream: Stream, data: bytes) -> None:
        """Bytes came in: pass them on, stage by stage, unless a fault has other plans."""
        if stream == "upstream":
            self._said += 0 if self._told else len(data)
            self._has_quit = data[-6:].upper() == b"QUIT\r\n"
            pieces = self._read.hear_client(data)
        else:
            pieces = self._read.hear_host(data)
        for stage, piece in pieces:
            self._take_piece(stream, stage, piece)

    def _take_piece(self, stream: Stream, stage: Stage, data: bytes) -> None:
        if stream in self._dead:
            return
        if stage is not self._stage[stream]:
            self._stage[stream], self._before[stream] = stage, self._passed[stream]
        passed = self._passed[stream]
        event = Passing(
            stream=stream,
            passed=passed,
            data=data,
            stage=stage,
            passed_in_stage=passed - self._before[stream],
        )
        actions = self._relay.faults.react(event, (Send(data),), session=self._number, at=stream)
        self._carry_out(actions, stream)

    def _carry_out(self, actions: Sequence[Action], stream: Stream) -> None:
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
            if not self._told:
                self._passed[stream] += len(data)
            self.client.write(data)
            return
        self._passed[stream] += len(data)
        if self.host.transport is None:
            self._waiting.append(data)
        else:
            self.host.write(data)

    def finished(self, end: _End, how: Closing) -> None:
        """One end said FIN: the other is told, and the rest may still come.

        Not where the client closes its half right after QUIT, as Exim does: the host will close by itself, and
        Toxiproxy would close both halves at once, and the last replies with them.
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
        """The client has said QUIT and closed, and the host never heard of it, or would have closed too."""
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
        if self._told:
            return
        self._told = True
        self._relay.journal.record(
            self._relay.name,
            LinkEnded(
                by="client" if by == "client" else "host",
                how=how,
                to_client_bytes=self._passed["downstream"],
                from_client_bytes=self._said,
            ),
            session=self._number,
        )

    def abort(self) -> None:
        self._told = True
        if self.connecting is not None:
            self.connecting.cancel()
        for end in (self.client, self.host):
            if end.transport is not None:
                end.transport.abort()


def is_for_relay(fault: Fault) -> bool:
    """Whether a host's fault acts at the relay before it: on its port, or on what passes."""
    return fault.layer in ("tcp", "proxy")
