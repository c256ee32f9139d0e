"""The servers of one world, as a group: started, settled and closed together on the servers' loop."""

from typing import Protocol

from mailfault_servers.loop import run_on_loop

SETTLING_S = 0.25
"""Seconds that a client may keep its connections after its answer, before they are broken off."""


class Server(Protocol):
    """A server that runs on the servers' loop."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...


class MailServer(Server, Protocol):
    """A server with sessions: an SMTP host, or the relay in front of one."""

    async def settle(self, limit_s: float) -> None: ...

    async def begin_delivery(self) -> None: ...


class Watch(Server, Protocol):
    """A capture of the packets on the link."""

    async def settle(self) -> None: ...


class Servers:
    """The servers of one world, in the order in which they start."""

    def __init__(self) -> None:
        self._servers: list[Server] = []
        self._mail_servers: list[MailServer] = []
        self._watch: Watch | None = None

    def add(self, server: Server) -> None:
        self._servers.append(server)

    def add_mail_server(self, server: MailServer) -> None:
        self._servers.append(server)
        self._mail_servers.append(server)

    def add_watch(self, watch: Watch) -> None:
        """Add a capture. It starts before any server, so that it misses no packet."""
        self._servers.insert(0, watch)
        self._watch = watch

    def start(self) -> None:
        run_on_loop(self._start())

    def settle(self) -> None:
        """Wait until every session has ended, or break it off after SETTLING_S; then read the capture to its end."""
        run_on_loop(self._settle())

    def begin_delivery(self) -> None:
        run_on_loop(self._begin_delivery())

    def close(self) -> None:
        """Close every server, started or not. May be called again."""
        if self._servers:
            run_on_loop(self._close())

    async def _start(self) -> None:
        for server in self._servers:
            await server.start()

    async def _settle(self) -> None:
        for server in self._mail_servers:
            await server.settle(SETTLING_S)
        if self._watch is not None:
            await self._watch.settle()

    async def _begin_delivery(self) -> None:
        for server in self._mail_servers:
            await server.begin_delivery()

    async def _close(self) -> None:
        servers, self._servers = self._servers, []
        for server in servers:
            await server.close()
