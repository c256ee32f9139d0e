"""The policy host: an HTTPS server of one file, with faults around its connections, certificate and answers.

It serves one request a connection and parses only the head of it. With h11 this module was as long (231 lines for 232),
and importing h11 takes 11 ms. It starts TLS itself, so that faults can act before TLS and a failed
handshake is recorded.
"""

import asyncio
import http
import itertools
import socket
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
    WentSilent,
)
from mailfault_servers.fault import Event, Fault, Faults
from mailfault_servers.https.event import WELL_KNOWN, Connected, Requested, Respond
from mailfault_servers.journal import Journal
from mailfault_servers.network import LOOPBACK, Network
from mailfault_servers.tcp.port import Port
from mailfault_servers.tcp.reset import reset
from mailfault_servers.tls.authority import Authority
from mailfault_servers.tls.certificate import CertificateWanted, Present, honest_spec
from mailfault_servers.tls.failure import tls_failed

_STAGE = "https"
_MAX_HEAD_BYTES = 16384
"""Bytes of a request that are read."""
_MAX_TEXT = 4096
"""Characters of an answer that the journal keeps: a policy has a few hundred."""


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
        """Close the port and drop every connection. Return when their tasks have ended."""
        await self._port.close()
        tasks = [connection.abort() for connection in tuple(self.connections)]
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


class _Connection(asyncio.Protocol):
    """One connection: a handshake, then one request and its answer."""

    def __init__(self, host: PolicyHost, number: int) -> None:
        self._host = host
        self._number = number
        self._input = b""
        self._has_news = asyncio.Event()
        self._is_over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._raw: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._raw = transport
        self._record(ConnectionAccepted())
        self._host.connections.add(self)
        self._task = asyncio.ensure_future(self._serve(transport))

    def data_received(self, data: bytes) -> None:
        self._input += data[:_MAX_HEAD_BYTES]
        self._has_news.set()

    def connection_lost(self, error: Exception | None) -> None:
        self._is_over.set()
        self._has_news.set()

    def abort(self) -> asyncio.Task[None]:
        """Drop the connection. Return the task to wait for."""
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
            if await self._run_actions(actions) and (secured := await self._secure(transport)) is not None:
                head = await self._head()
                if head is not None and not secured.is_closing():
                    await self._answer(head, secured)
                    secured.close()
                    await self._is_over.wait()
        finally:
            transport.abort()
            self._host.connections.discard(self)

    async def _head(self) -> tuple[str, str, str] | None:
        """Read the method, path and host of the request. Return None if none comes (RFC 9112 3)."""
        while b"\r\n\r\n" not in self._input:
            if self._is_over.is_set() or len(self._input) >= _MAX_HEAD_BYTES:
                return None
            self._has_news.clear()
            await self._has_news.wait()
        first, *fields = self._input.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        words = first.split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            return None
        hosts = [
            value.strip() for name, _, value in (field.partition(":") for field in fields) if name.lower() == "host"
        ]
        return words[0], words[1], hosts[0].partition(":")[0] if hosts else ""

    async def _secure(self, transport: asyncio.Transport) -> asyncio.Transport | None:
        host = self._host
        now = host.clock.now()
        event = CertificateWanted(host=host.name, now=now, address=str(transport.get_extra_info("sockname")[0]))
        actions = host.react(event, (Present(honest_spec(host.name, now)),), session=self._number)
        spec = next(action.spec for action in actions if isinstance(action, Present))
        self._record(CertificatePresented(problems=host.authority.problems(spec, host=host.name, now=now)))
        try:
            loop = asyncio.get_running_loop()
            secured = await loop.start_tls(transport, self, host.authority.context(spec), server_side=True)
        except OSError as error:
            self._record(tls_failed(error))
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
        await self._run_actions([action for action in actions if not isinstance(action, Respond)])
        answer = next(action for action in actions if isinstance(action, Respond))
        if secured.is_closing() or self._is_over.is_set():
            return
        body = answer.body.encode()
        self._record(
            HttpResponded(
                path=path,
                status=answer.status,
                content_type=answer.content_type,
                length=len(body),
                text=answer.body[:_MAX_TEXT],
            )
        )
        fields = [f"Content-Type: {answer.content_type}", f"Content-Length: {len(body)}", "Connection: close"]
        if answer.location is not None:
            fields.append(f"Location: {answer.location}")
        status = f"HTTP/1.1 {answer.status} {_phrase(answer.status)}"
        secured.write("\r\n".join((status, *fields, "", "")).encode() + body)

    async def _run_actions(self, actions: Sequence[Action]) -> bool:
        """Run actions in order. Return False if one of them ends the connection."""
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
                    reset(self._raw)
                    return False
                case _:
                    raise TypeError(f"a policy host cannot carry out {action!r}")
        return True


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
