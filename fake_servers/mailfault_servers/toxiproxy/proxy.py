"""One proxy: its listener, its upstream, its toxics and its connections."""

import asyncio
import contextlib
import errno
import functools
import itertools
import socket
from collections.abc import Callable

from mailfault_servers.toxiproxy.address import Address, BadAddress, go_message, resolve
from mailfault_servers.toxiproxy.connection import Connection
from mailfault_servers.toxiproxy.metrics import ProxyMetrics
from mailfault_servers.toxiproxy.observer import (
    ConnectionClosed,
    ConnectionOpened,
    ProxyEvent,
    ProxyObserver,
    UpstreamRefused,
)
from mailfault_servers.toxiproxy.toxic_set import ToxicSet, ToxicWrapper

_BACKLOG = 4096
_ACCEPTED_AT_ONCE = 64
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_RETRY_S = 0.1


class ProxyError(RuntimeError):
    """A proxy cannot listen or connect as requested. The message is Toxiproxy's, if Toxiproxy has one."""


class Proxy:
    """A proxy. Use it on the servers' loop; only `seed` is called from there and set from any thread."""

    def __init__(
        self,
        name: str,
        listen: str,
        upstream: str,
        *,
        seed: Callable[[], int],
        observer: ProxyObserver | None,
        metrics: ProxyMetrics | None = None,
        beyond_loopback: tuple[bool, bool] = (False, False),
    ) -> None:
        """`beyond_loopback`: permission to listen on, and to connect to, other addresses than loopback ones."""
        self.name = name
        self.listen = listen
        self.upstream = upstream
        self.enabled = False
        self.toxics = ToxicSet()
        self._seed = seed
        self._observer = observer
        self._metrics = metrics
        self._may_listen, self._may_connect = beyond_loopback
        self._listener: socket.socket | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._connections: set[Connection] = set()
        self._dials: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count(1)

    async def start(self) -> None:
        """Listen, unless it does already. Raises ProxyError."""
        if self.enabled:
            return
        try:
            address = self._allowed((await resolve(self.listen))[0])
        except BadAddress as error:
            raise ProxyError(f"listen tcp: {error}") from None
        self._listener = listener = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            listener.setblocking(False)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address.host, address.port))
            listener.listen(_BACKLOG)
        except OSError as error:
            listener.close()
            self._listener = None
            raise ProxyError(f"listen tcp {address}: bind: {go_message(error)}") from None
        self.listen = str(Address(address.host or "[::]", listener.getsockname()[1], address.family))
        self._watch_listener()
        self.enabled = True

    def _allowed(self, address: Address) -> Address:
        if not address.host:
            return Address("0.0.0.0" if self._may_listen else "127.0.0.1", address.port, socket.AF_INET)
        if not self._may_listen and not address.is_loopback:
            raise ProxyError(f"listen tcp {address}: this server listens on loopback addresses only")
        return address

    async def check_upstream(self, upstream: str) -> None:
        """Check that this server may connect to the upstream. Raises ProxyError."""
        if self._may_connect:
            return
        with contextlib.suppress(BadAddress):  # Toxiproxy resolves it only when a client connects
            for address in await resolve(upstream):
                if address.host and not address.is_loopback:
                    raise ProxyError(f"upstream {upstream}: this server connects to loopback addresses only")

    async def differs(self, listen: str, upstream: str) -> bool:
        """Tell if the proxy would have to restart for these settings. Raises ProxyError."""
        try:
            address = (await resolve(listen))[0]
        except BadAddress as error:
            raise ProxyError(str(error)) from None
        with contextlib.suppress(ProxyError):
            address = self._allowed(address)
        return self.listen != str(address) or self.upstream != upstream

    async def update(self, listen: str, upstream: str, *, enabled: bool) -> None:
        """Apply new settings; restart if needed. Raises ProxyError."""
        await self.check_upstream(upstream)
        if await self.differs(listen, upstream):
            self.stop()
            self.listen, self.upstream = listen, upstream
        if enabled and not self.enabled:
            await self.start()
        elif not enabled:
            self.stop()

    def stop(self) -> None:
        """Stop listening and close every connection."""
        self.enabled = False
        if self._listener is not None:
            asyncio.get_running_loop().remove_reader(self._listener.fileno())
            self._listener.close()
            self._listener = None
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        for dial in tuple(self._dials):
            dial.cancel()
        for connection in tuple(self._connections):
            connection.abort()

    async def settle(self) -> None:
        """Wait for the connection attempts that `stop` cancelled."""
        await asyncio.gather(*self._dials, return_exceptions=True)

    # -- toxics

    def add_toxic(self, wrapper: ToxicWrapper) -> None:
        """Add a toxic, to open connections too."""
        self.toxics.add(wrapper)
        for connection in tuple(self._connections):
            connection.add(wrapper)

    def change_toxic(self, wrapper: ToxicWrapper) -> None:
        """Apply a changed toxic to open connections."""
        for connection in tuple(self._connections):
            connection.change(wrapper)

    def remove_toxic(self, wrapper: ToxicWrapper) -> None:
        """Remove a toxic, from open connections too."""
        self.toxics.remove(wrapper)
        for connection in tuple(self._connections):
            connection.remove(wrapper)

    # -- connections

    def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(_ACCEPTED_AT_ONCE):
            if self._listener is None:
                return
            try:
                client, _peer = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _EXHAUSTED:  # the client keeps waiting; an immediate retry would be a busy loop
                    loop.remove_reader(self._listener.fileno())
                    self._retry = loop.call_later(_RETRY_S, self._watch_listener)
                return
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            dial = loop.create_task(self._dial(client, next(self._numbers)))
            self._dials.add(dial)
            dial.add_done_callback(self._dials.discard)
            dial.add_done_callback(functools.partial(_close_if_cancelled, client))

    def _watch_listener(self) -> None:
        self._retry = None
        if self._listener is not None:
            asyncio.get_running_loop().add_reader(self._listener.fileno(), self._accept)

    async def _dial(self, client: socket.socket, number: int) -> None:
        server = await self._connect()
        if server is None:
            client.close()
            self._emit(UpstreamRefused(), None)
            return
        connection = Connection(
            client,
            server,
            number=number,
            seed=(self._seed(), self.name),
            emit=functools.partial(self._emit_of_connection, self.listen, self.upstream),
            on_end=self._connections.discard,
        )
        self._connections.add(connection)
        self._emit(ConnectionOpened(), connection.upstream)
        connection.begin(self.toxics.all())

    async def _connect(self) -> socket.socket | None:
        loop = asyncio.get_running_loop()
        try:
            addresses = await resolve(self.upstream)
        except BadAddress:
            return None
        for address in addresses:
            if not self._may_connect and address.host and not address.is_loopback:
                continue
            server = socket.socket(address.family, socket.SOCK_STREAM)
            try:
                server.setblocking(False)
                server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                await loop.sock_connect(server, (address.host or "127.0.0.1", address.port))
            except OSError:
                server.close()
            except BaseException:
                server.close()
                raise
            else:
                return server
        return None

    def _emit_of_connection(self, listener: str, upstream: str, event: ProxyEvent, local: tuple[str, int]) -> None:
        if self._metrics is not None and isinstance(event, ConnectionClosed):
            for direction, received, sent in (
                ("upstream", event.from_client_bytes, event.to_server_bytes),
                ("downstream", event.from_server_bytes, event.to_client_bytes),
            ):
                self._metrics.count(direction, listener, self.name, upstream, received=received, sent=sent)
        self._emit(event, local)

    def _emit(self, event: ProxyEvent, local: tuple[str, int] | None) -> None:
        if self._observer is not None:
            self._observer.on_event(self.name, event, upstream=local)


def _close_if_cancelled(client: socket.socket, dial: "asyncio.Task[None]") -> None:
    if dial.cancelled():  # perhaps before its first step, which would have closed it
        client.close()
