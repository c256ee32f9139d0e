"""The name server: UDP and TCP on one port, dnslib as the codec, faults in front of honest answers."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from dnslib import QTYPE, DNSError, DNSRecord

from mailfault_servers.action import Action, Close, Drop, Hang, Reset, Send, SendRaw, Wait
from mailfault_servers.clock import Clock
from mailfault_servers.dns.query import Query, respond
from mailfault_servers.dns.reading import answer_sent, without_length
from mailfault_servers.dns.responder import datagram_limit
from mailfault_servers.dns.zone import Zone, normal_name
from mailfault_servers.facts import AnswerWithheld, QueryReceived
from mailfault_servers.fault import Fault, Faults
from mailfault_servers.journal import Journal
from mailfault_servers.tcp.port import finish_accepting
from mailfault_servers.tcp.reset import reset

Transport = Literal["udp", "tcp"]
SERVER = "dns"
_LARGEST_TCP_QUERY = 4096


class DnsServer:
    """A name server on two bound sockets. Start and close it on the servers' loop."""

    def __init__(
        self,
        *,
        zone: Zone,
        sockets: tuple[socket.socket, socket.socket],
        faults: Iterable[Fault],
        journal: Journal,
        clock: Clock,
    ) -> None:
        """Take the UDP and the TCP socket, bound to one port and not blocking."""
        self._zone = zone
        self._udp, self._tcp = sockets
        host, port = self._udp.getsockname()[:2]
        self.endpoint: tuple[str, int] = (host, port)
        self._faults = Faults(faults, server=SERVER, journal=journal, clock=clock)
        self._journal = journal
        self._datagrams: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._datagrams, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), sock=self._udp)
        self._server = await asyncio.start_server(self._serve_connection, sock=self._tcp)

    async def close(self) -> None:
        """Close both sockets and cancel pending answers. May be called again."""
        if self._datagrams is not None:
            self._datagrams.close()
        if self._server is not None:
            await finish_accepting(self._tcp)
            self._server.close()
        self._udp.close()
        self._tcp.close()
        for writer in tuple(self._writers):
            writer.transport.abort()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)

    # -- UDP ------------------------------------------------------------------------------------------------------

    def take_datagram(self, data: bytes, peer: tuple[str, int]) -> None:
        """Answer one datagram, in a task of its own if an action waits."""
        found = self._read_query(data, "udp")
        if found is None:
            return
        query, actions = found
        if any(isinstance(action, Wait) for action in actions):
            self._track(asyncio.ensure_future(self._answer_later(query, actions, peer)))
        else:
            for action in actions:
                self._answer_datagram(query, action, peer)

    async def _answer_later(self, query: Query, actions: Sequence[Action], peer: tuple[str, int]) -> None:
        for action in actions:
            if isinstance(action, Wait):
                await asyncio.sleep(action.seconds)
            else:
                self._answer_datagram(query, action, peer)

    def _answer_datagram(self, query: Query, action: Action, peer: tuple[str, int]) -> None:
        assert self._datagrams is not None
        if isinstance(action, Send | SendRaw):
            data = _fit(query, action.data) if isinstance(action, Send) else action.data
            self._note_answer(query, data)
            if not self._datagrams.is_closing():
                with contextlib.suppress(OSError):  # the buffer is full, or the client is gone
                    self._udp.sendto(data, peer)  # asyncio's own sends no empty datagram (Python 3.11)
        else:
            self._note_silence(query)

    # -- TCP (RFC 7766) ---------------------------------------------------------------------------------------------

    async def _serve_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._track(task)
        self._writers.add(writer)
        try:
            while True:
                (length,) = struct.unpack("!H", await reader.readexactly(2))
                if length > _LARGEST_TCP_QUERY:
                    break
                found = self._read_query(await reader.readexactly(length), "tcp")
                if found is None or not await self._answer_stream(*found, writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client is done, or the world ends
        finally:
            self._writers.discard(writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer_stream(self, query: Query, actions: Sequence[Action], writer: asyncio.StreamWriter) -> bool:
        """Run the actions on a connection; return False if one ended it."""
        for action in actions:
            match action:
                case Send(data):
                    self._note_answer(query, data)
                    writer.write(struct.pack("!H", len(data)) + data)
                    await writer.drain()
                case SendRaw(data):
                    self._note_answer(query, without_length(data))
                    writer.write(data)
                    await writer.drain()
                case Wait(length_s):
                    await asyncio.sleep(length_s)
                case Drop() | Hang():
                    self._note_silence(query)
                case Close():
                    self._note_silence(query)
                    return False
                case Reset():
                    self._note_silence(query)
                    reset(writer.transport)
                    return False
                case _:
                    raise TypeError(f"a name server cannot carry out {action!r}")
        return True

    # -- both ---------------------------------------------------------------------------------------------------------

    def _track(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _read_query(self, data: bytes, transport: Transport) -> tuple[Query, tuple[Action, ...]] | None:
        """Return the query in a message and the actions for it, or None if the message holds no query."""
        try:
            request = DNSRecord.parse(data)
            asked = request.q
            name, kind = normal_name(str(asked.qname)), str(QTYPE[asked.qtype])
        except (DNSError, UnicodeError, ValueError, IndexError, AttributeError, struct.error):
            return None  # RFC 1035 4.1.1 allows FORMERR; silence cannot be used to reflect traffic
        if request.header.qr:
            return None
        query = Query(name=name, type=kind, transport=transport, request=request, zone=self._zone)
        self._journal.record(SERVER, QueryReceived(name=name, type=kind, transport=transport))
        actions = self._faults.react(query, (respond(query.honest_record()),), at=f"{name} {kind}")
        return query, actions

    def _note_answer(self, query: Query, data: bytes) -> None:
        fact = answer_sent(data, query.request, name=query.name, kind=query.type, transport=query.transport)
        self._journal.record(SERVER, fact)

    def _note_silence(self, query: Query) -> None:
        self._journal.record(SERVER, AnswerWithheld(name=query.name, type=query.type, transport=query.transport))


def _fit(query: Query, data: bytes) -> bytes:
    """Replace an answer that does not fit into a datagram by a truncated one (TC, RFC 2181 9)."""
    if len(data) <= datagram_limit(query.request):
        return data
    short = query.request.reply()
    short.header.tc = 1
    return bytes(short.pack())


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: DnsServer) -> None:
        self._server = server

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._server.take_datagram(data, addr)

    def error_received(self, exc: Exception) -> None:
        """Ignore an ICMP error for an answer that came too late: the client is gone."""
