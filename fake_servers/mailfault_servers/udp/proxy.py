"""A UDP proxy for DNS: stands between a client and a name server, and applies faults to the datagrams."""

import asyncio
import contextlib
import itertools
import socket
import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from dnslib import QTYPE, DNSError, DNSRecord

from mailfault_servers.action import Action, Drop, Send, Wait
from mailfault_servers.clock import Clock
from mailfault_servers.dns.listener import SERVER
from mailfault_servers.dns.reading import answer_sent
from mailfault_servers.dns.zone import normal_name
from mailfault_servers.facts import AnswerSent, AnswerWithheld, Fact, QueryReceived
from mailfault_servers.fault import Fault, Faults
from mailfault_servers.journal import Entry, Journal
from mailfault_servers.udp.datagram import Datagram, Direction

_OPEN = 256
"""Pending queries at most; beyond that the oldest is dropped."""


class UdpProxy:
    """Passes datagrams between clients and one name server. Start and close it on the servers' loop."""

    def __init__(
        self,
        *,
        sock: socket.socket,
        upstream: tuple[str, int],
        faults: Iterable[Fault],
        journal: Journal,
        clock: Clock,
    ) -> None:
        """Take the bound UDP socket that clients send to, and the address of the name server."""
        host, port = sock.getsockname()[:2]
        self.endpoint: tuple[str, int] = (host, port)
        self._sock = sock
        self._upstream = upstream
        self._faults = Faults(faults, server=SERVER, journal=journal, clock=clock)
        self._journal = journal
        self._listening: asyncio.DatagramTransport | None = None
        self._onward: dict[int, asyncio.DatagramTransport] = {}
        self._numbers = itertools.count()
        self._seen: Counter[tuple[Direction, str, str]] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._listening, _ = await loop.create_datagram_endpoint(lambda: _FromClients(self), sock=self._sock)

    async def close(self) -> None:
        """Close all sockets. May be called again."""
        for transport in (self._listening, *self._onward.values()):
            if transport is not None:
                transport.close()
        self._onward.clear()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._sock.close()
        await asyncio.sleep(0)

    # -- what passes --------------------------------------------------------------------------------------------------

    def take_query(self, data: bytes, client: tuple[str, int]) -> None:
        """Handle a client's datagram. Anything but a query is dropped, as by the name server."""
        request = _parsed(data)
        if request is None or request.header.qr:
            return
        name, kind = _question(request)
        self._journal.record(SERVER, QueryReceived(name=name, type=kind, transport="udp"))
        actions = self._ask("query", name, kind, data)
        if any(isinstance(action, Drop) for action in actions):
            self._journal.record(SERVER, AnswerWithheld(name=name, type=kind, transport="udp"))
        self._do(self._send_onward(actions, request, client))

    def take_answer(self, data: bytes, request: DNSRecord, client: tuple[str, int]) -> None:
        """Handle the name server's datagram."""
        name, kind = _question(request)
        self._do(self._send_back(self._ask("answer", name, kind, data), request, client))

    def _ask(self, direction: Direction, name: str, kind: str, data: bytes) -> tuple[Action, ...]:
        self._seen[direction, name, kind] += 1
        nth = self._seen[direction, name, kind]
        event = Datagram(direction=direction, name=name, type=kind, nth=nth, data=data)
        return self._faults.react(event, (Send(data),), at=f"{direction} {name} {kind}")

    def _do(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_onward(self, actions: Sequence[Action], request: DNSRecord, client: tuple[str, int]) -> None:
        loop = asyncio.get_running_loop()
        for action in actions:
            match action:
                case Wait(length_s):
                    await asyncio.sleep(length_s)
                case Send(data):
                    made, _ = await loop.create_datagram_endpoint(
                        lambda: _FromServer(self, request, client), remote_addr=self._upstream
                    )
                    self._remember(made)
                    made.sendto(data)
                case Drop():
                    pass
                case _:
                    raise TypeError(f"a UDP proxy cannot carry out {action!r}")

    def _remember(self, made: asyncio.DatagramTransport) -> None:
        self._onward[next(self._numbers)] = made
        if len(self._onward) > _OPEN:
            self._onward.pop(next(iter(self._onward))).close()

    async def _send_back(self, actions: Sequence[Action], request: DNSRecord, client: tuple[str, int]) -> None:
        name, kind = _question(request)
        for action in actions:
            match action:
                case Wait(length_s):
                    # Recorded as withheld until it is sent: the client may not wait so long.
                    self._record(AnswerWithheld(name=name, type=kind, transport="udp"))
                    await asyncio.sleep(length_s)
                case Send(data):
                    self._record(answer_sent(data, request, name=name, kind=kind, transport="udp"))
                    if self._listening is not None and not self._listening.is_closing():
                        self._listening.sendto(data, client)
                case Drop():
                    self._record(AnswerWithheld(name=name, type=kind, transport="udp"))
                case _:
                    raise TypeError(f"a UDP proxy cannot carry out {action!r}")

    def _record(self, fact: Fact) -> None:
        self._journal.record(SERVER, fact)


class BehindUdpProxy(Journal):
    """The journal for a name server behind a UDP proxy: leaves its datagrams to the proxy, which sees what arrives."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    @property
    def attempt(self) -> int:  # type: ignore[override]
        return self._journal.attempt

    def record(self, server: str, fact: Fact, *, session: int | None = None) -> Entry:
        if isinstance(fact, QueryReceived | AnswerSent | AnswerWithheld) and fact.transport == "udp":
            return Entry(number=-1, at_s=0.0, attempt=self.attempt, server=server, session=session, fact=fact)
        return self._journal.record(server, fact, session=session)


def _parsed(data: bytes) -> DNSRecord | None:
    with contextlib.suppress(DNSError, UnicodeError, ValueError, IndexError, AttributeError, struct.error):
        record = DNSRecord.parse(data)
        if record.questions:
            return record
    return None


def _question(request: DNSRecord) -> tuple[str, str]:
    return normal_name(str(request.q.qname)), str(QTYPE[request.q.qtype])


class _FromClients(asyncio.DatagramProtocol):
    def __init__(self, proxy: UdpProxy) -> None:
        self._proxy = proxy

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._proxy.take_query(data, addr)

    def error_received(self, exc: Exception) -> None:
        """Ignore an ICMP error for an answer that came too late: the client is gone."""


class _FromServer(asyncio.DatagramProtocol):
    def __init__(self, proxy: UdpProxy, request: DNSRecord, client: tuple[str, int]) -> None:
        self._proxy = proxy
        self._request = request
        self._client = client

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._proxy.take_answer(data, self._request, self._client)

    def error_received(self, exc: Exception) -> None:
        """Ignore an ICMP error from the name server's closed port: the client gets no answer."""
