"""The policy host: an HTTPS server that has one file, with faults around its connections, certificate and answers.

One request a connection, and the answer to it: no more is needed, and a library for HTTP takes longer to import than a
client waits. TLS is begun here, so that faults come before it and a handshake that fails is seen.
"""

import asyncio
import http
import itertools
import socket
import ssl
import struct
from collections.abc import Iterable, Sequence

from mailfault_servers.action import Action, Close, Hang, Proceed, Reset, Send, Wait
from mailfault_servers.clock import Clock
from mailfault_servers.facts import (
    CertificatePresented,
    ConnectionAccepted,
    EndedByServer,
    Fact,
    HttpRequested,
    HttpResponded,
    TlsEstablished,
    TlsFailed,
    WentSilent,
)
from mailfault_servers.fault import Event, Fault, Faults
from mailfault_servers.https.event import WELL_KNOWN, Connected, Requested, Respond
from mailfault_servers.journal import Journal
from mailfault_servers.network import LOOPBACK, Network
from mailfault_servers.tcp.port import Port
from mailfault_servers.tls.alert import client_alert
from mailfault_servers.tls.authority import Authority
from mailfault_servers.tls.certificate import CertificateWanted, Present, honest_spec

_STAGE = "https"


class PolicyHost:
    """An HTTPS server on a bound socket. Start and close it on the servers' loop."""

    def __init__(
        self,
        *,
        name: str,
        sock: socket.socket,
        policy: str,
        faults: Iterable[Fault],
        journal: Journal,
        clock: Clock,
        authority: Authority,
        network: Network = LOOPBACK,
    ) -> None:
        self.name = name
        self.policy = policy
        self.journal = journal
        self.clock = clock
        self.authority = authority
        self._faults = Faults(faults, server=name, journal=journal, clock=clock)
        self._port = Port(sock, name=name, faults=self._faults, journal=journal, network=network, service="https")
        self._count = itertools.count(1)
        self.connections: set[_Connection] = set()

    async def start(self) -> None:
        await self._port.open(lambda: _Connection(self, next(self._count)))

    def react(self, event: Event, honest: Sequence[Action], *, session: int) -> tuple[Action, ...]:
        return self._faults.react(event, honest, session=session, at=_STAGE)

    async def close(self) -> None:
        """Close the port and break off every connection; returns when nothing of them is left."""
        await self._port.close()
        tasks = [connection.abort() for connection in tuple(self.connections)]
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


class _Connection(asyncio.Protocol):
    """One connection: bare until the handshake is over, then one request and its answer."""

    def __init__(self, host: PolicyHost, number: int) -> None:
        self._host = host
        self._number = number
        self._received = b""
        self._news = asyncio.Event()
        self._over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._raw: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._raw = transport
        self._record(ConnectionAccepted())
        self._host.connections.add(self)
        self._task = asyncio.ensure_future(self._serve(transport))

    def data_received(self, data: bytes) -> None:
        self._received += data[:_MOST_HEAD]
        self._news.set()

    def connection_lost(self, error: Exception | None) -> None:
        self._over.set()
        self._news.set()

    def abort(self) -> asyncio.Task[None]:
        """Break the connection off; the task to wait for."""
        assert self._raw is not None
        assert self._task is not None
        self._raw.abort()
        self._task.cancel()
        return self._task

    def _record(self, fact: Fact) -> None:
        self._host.journal.record(self._host.name, fact, session=self._number)

    async def _serve(self, transport: asyncio.Transport) -> None:
        try:
            actions = self._host.react(Connected(), (Proceed(),), session=self._number)
            if await self._carry_out(actions) and (secured := await self._secure(transport)) is not None:
                head = await self._head()
                if head is not None and not secured.is_closing():
                    await self._answer(head, secured)
                    secured.close()
                    await self._over.wait()
        finally:
            transport.abort()
            self._host.connections.discard(self)

    async def _head(self) -> tuple[str, str, str] | None:
        """Method, path and host of the request; None where none comes (RFC 9112 3)."""
        while b"\r\n\r\n" not in self._received:
            if self._over.is_set() or len(self._received) >= _MOST_HEAD:
                return None
            self._news.clear()
            await self._news.wait()
        first, *fields = self._received.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        words = first.split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            return None
        hosts = [value.strip() for name, _, value in (one.partition(":") for one in fields) if name.lower() == "host"]
        return words[0], words[1], hosts[0].partition(":")[0] if hosts else ""

    async def _secure(self, transport: asyncio.Transport) -> asyncio.Transport | None:
        host = self._host
        now = host.clock.now()
        event = CertificateWanted(host=host.name, now=now, address=str(transport.get_extra_info("sockname")[0]))
        actions = host.react(event, (Present(honest_spec(host.name, now)),), session=self._number)
        spec = next(one.spec for one in actions if isinstance(one, Present))
        self._record(CertificatePresented(problems=host.authority.problems(spec, host=host.name, now=now)))
        try:
            loop = asyncio.get_running_loop()
            secured = await loop.start_tls(transport, self, host.authority.context(spec), server_side=True)
        except (ssl.SSLError, OSError) as error:
            alert = client_alert(error) if isinstance(error, ssl.SSLError) else None
            self._record(TlsFailed(reason=_reason(error), alert=alert))
            return None
        assert secured is not None
        self._record(TlsEstablished(version=secured.get_extra_info("ssl_object").version()))
        return secured

    async def _answer(self, head: tuple[str, str, str], secured: asyncio.Transport) -> None:
        method, path, name = head
        self._record(HttpRequested(method=method, path=path, host=name))
        honest = Respond(body=self._host.policy) if path == WELL_KNOWN else Respond(status=404, body="Not found\r\n")
        event = Requested(path=path, policy=self._host.policy)
        actions = self._host.react(event, (honest,), session=self._number)
        await self._carry_out([one for one in actions if not isinstance(one, Respond)])
        told = next(one for one in actions if isinstance(one, Respond))
        if secured.is_closing() or self._over.is_set():
            return
        body = told.body.encode()
        self._record(
            HttpResponded(
                path=path,
                status=told.status,
                content_type=told.content_type,
                length=len(body),
                text=told.body[:_TEXT_KEPT],
            )
        )
        fields = [f"Content-Type: {told.content_type}", f"Content-Length: {len(body)}", "Connection: close"]
        if told.location is not None:
            fields.append(f"Location: {told.location}")
        status = f"HTTP/1.1 {told.status} {_phrase(told.status)}"
        secured.write("\r\n".join((status, *fields, "", "")).encode() + body)

    async def _carry_out(self, actions: Sequence[Action]) -> bool:
        """Do these steps; False where they end the connection."""
        assert self._raw is not None
        for action in actions:
            match action:
                case Proceed():
                    pass
                case Send(data):
                    self._raw.write(data)
                case Wait(length_s):
                    await asyncio.sleep(length_s)
                case Hang():
                    self._record(WentSilent(stage=_STAGE))
                    await asyncio.Event().wait()
                case Close():
                    self._record(EndedByServer(how="fin", stage=_STAGE))
                    self._raw.close()
                    return False
                case Reset():
                    self._record(EndedByServer(how="rst", stage=_STAGE))
                    raw = self._raw.get_extra_info("socket")
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return False
                case _:
                    raise TypeError(f"a policy host cannot carry out {action!r}")
        return True


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


_MOST_HEAD = 16384
"""Bytes of a request that are read."""
_TEXT_KEPT = 4096
"""Characters of an answer that are kept in the journal: a policy is a few hundred."""


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (getattr(error, "reason", None) or str(error)).lower().replace("_", " ")
    return "the connection was lost in the handshake"
