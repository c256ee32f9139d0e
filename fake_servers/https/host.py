"""The policy host: an HTTPS server that has one file, with faults around its connections, certificate and answers.

aiohttp speaks HTTP. TLS is begun here, so that faults come before it and a handshake that fails is seen.
"""

import asyncio
import contextlib
import itertools
import socket
import ssl
import struct
from collections.abc import Iterable, Sequence

from aiohttp import web

from fake_servers.action import Action, Close, Hang, Proceed, Reset, Send, Wait
from fake_servers.clock import Clock
from fake_servers.fault import Event, Fault, Faults
from fake_servers.https.event import WELL_KNOWN, Connected, Requested, Respond
from fake_servers.journal import (
    CertificatePresented,
    ConnectionAccepted,
    EndedByServer,
    Fact,
    HttpRequested,
    HttpResponded,
    Journal,
    TlsEstablished,
    TlsFailed,
    WentSilent,
)
from fake_servers.tcp.port import Port
from fake_servers.tls.alert import client_alert
from fake_servers.tls.authority import Authority
from fake_servers.tls.certificate import CertificateWanted, Present, honest_spec

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
    ) -> None:
        self.name = name
        self.policy = policy
        self.journal = journal
        self.clock = clock
        self.authority = authority
        self._faults = Faults(faults, server=name, journal=journal, clock=clock)
        self._port = Port(sock, name=name, faults=self._faults, journal=journal, service="https")
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
    """One connection: bare until the handshake is over, then handed to aiohttp with what came in meanwhile."""

    def __init__(self, host: PolicyHost, number: int) -> None:
        self._host = host
        self._number = number
        self._early: list[bytes] = []
        self._task: asyncio.Task[None] | None = None
        self._raw: asyncio.Transport | None = None
        self._web: web.Server | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._raw is None:
            assert isinstance(transport, asyncio.Transport)
            self._raw = transport
            self._record(ConnectionAccepted())
            self._host.connections.add(self)
            self._task = asyncio.ensure_future(self._serve(transport))

    def data_received(self, data: bytes) -> None:
        self._early.append(data)

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
                self._web = web.Server(self._answer, access_log=None)
                handler = self._web()
                secured.set_protocol(handler)
                handler.connection_made(secured)
                for data in self._early:
                    handler.data_received(data)
                await asyncio.Event().wait()  # until the world ends, or the client has gone
        finally:
            if self._web is not None:
                with contextlib.suppress(Exception):
                    await self._web.shutdown(0)
            transport.abort()
            self._host.connections.discard(self)

    async def _secure(self, transport: asyncio.Transport) -> asyncio.Transport | None:
        host = self._host
        now = host.clock.now()
        event = CertificateWanted(host=host.name, now=now)
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

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self._record(HttpRequested(method=request.method, path=request.path, host=request.host.partition(":")[0]))
        known = request.path == WELL_KNOWN
        honest = Respond(body=self._host.policy) if known else Respond(status=404, body="Not found\r\n")
        event = Requested(path=request.path, policy=self._host.policy)
        actions = self._host.react(event, (honest,), session=self._number)
        await self._carry_out([one for one in actions if not isinstance(one, Respond)])
        told = next(one for one in actions if isinstance(one, Respond))
        body = told.body.encode()
        gone = request.transport is None or request.transport.is_closing()
        if not gone:
            self._record(
                HttpResponded(
                    path=request.path, status=told.status, content_type=told.content_type, length=len(body),
                    text=told.body[:_TEXT_KEPT],
                )
            )  # fmt: skip
        headers = {"Content-Type": told.content_type}
        if told.location is not None:
            headers["Location"] = told.location
        return web.Response(status=told.status, headers=headers, body=body)

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


_TEXT_KEPT = 4096
"""Characters of an answer that are kept in the journal: a policy is a few hundred."""


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (getattr(error, "reason", None) or str(error)).lower().replace("_", " ")
    return "the connection was lost in the handshake"
