"""A mail host: its addresses, one port, any number of sessions, the faults of that host."""

import asyncio
import contextlib
import itertools
import socket
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from mailfault_servers.clock import Clock
from mailfault_servers.fault import Fault, Faults
from mailfault_servers.journal import Journal
from mailfault_servers.network import LOOPBACK, Network
from mailfault_servers.smtp.session import SmtpSession
from mailfault_servers.smtp.starttls import TlsIdentity
from mailfault_servers.tcp.port import Port
from mailfault_servers.tls.authority import Authority


class SmtpHost:
    """An SMTP server on bound sockets. Start and close it on the servers' loop."""

    def __init__(
        self,
        *,
        name: str,
        sockets: Sequence[socket.socket],
        faults: Iterable[Fault],
        journal: Journal,
        clock: Clock,
        authority: Authority | None,
        network: Network = LOOPBACK,
        has_tlsa: bool = False,
        dated: datetime | None = None,
        public: Mapping[str, str] | None = None,
    ) -> None:
        """`sockets` are bound, one for each of the host's addresses, and from `network`.

        `authority` issues the host's certificate; without one STARTTLS is not offered. `has_tlsa` says that TLSA
        records are published: the journal then says which of them the certificate matches. `dated` is the moment that
        the certificate's dates are relative to (default: now), so that the records and every session are about the
        same certificate. `public` maps the sockets' addresses to those that clients connect to, if a proxy is in
        front; the proxy then reports the ports.
        """
        self.name = name
        self._faults = Faults(faults, server=name, journal=journal, clock=clock)
        self._journal = journal
        self._identity = None
        if authority is not None:
            dated = dated if dated is not None else clock.now()
            self._identity = TlsIdentity(name=name, authority=authority, dated=dated, has_tlsa=has_tlsa)
        self._ports = tuple(
            Port(
                sock,
                number=number,
                name=name,
                faults=self._faults,
                journal=None if public else journal,
                network=network,
            )
            for number, sock in enumerate(sockets, start=1)
        )
        self._network = network
        self._public = public or {}
        self._sessions: set[SmtpSession] = set()
        self._count = itertools.count(1)

    async def start(self) -> None:
        for port in self._ports:
            await port.open(self._new_session)

    def _new_session(self) -> SmtpSession:
        return SmtpSession(self, name=self.name, faults=self._faults, journal=self._journal, identity=self._identity)

    # -- services for sessions ------------------------------------------------------------------------------------

    def opened(self, session: SmtpSession) -> int:
        """Register a session that has a connection. Return its number, from 1."""
        self._sessions.add(session)
        return next(self._count)

    def closed(self, session: SmtpSession) -> None:
        """Forget a session."""
        self._sessions.discard(session)

    def others_open(self, session: SmtpSession) -> int:
        """Count the other sessions that are open."""
        return len(self._sessions - {session})

    def public_address(self, address: str) -> str:
        """Map the address of a socket to the address that clients connect to."""
        return self._public.get(address, address)

    def set_link(self, up: bool) -> None:
        """Take the client's link up or down."""
        with contextlib.suppress(OSError):  # a link that was to come up again may be gone with its world
            self._network.set_link(up=up)

    # -- deliveries -------------------------------------------------------------------------------------------------

    async def settle(self, limit_s: float) -> None:
        """Wait at most `limit_s` seconds until every session has ended, so that its end is in the journal."""
        await _turns()
        lost = [session.lost.wait() for session in tuple(self._sessions)]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*lost), limit_s)
        for port in self._ports:
            port.record_losses()

    async def begin_delivery(self) -> None:
        """Begin the client's next delivery: set the ports for it, let faults act on kept connections."""
        for port in self._ports:
            await port.begin_delivery()
        for session in tuple(self._sessions):
            await session.begin_delivery()
        await _turns()

    async def close(self) -> None:
        """Close the ports and drop every session. Return when their tasks have ended."""
        for port in self._ports:
            await port.close()
        tasks = [task for session in tuple(self._sessions) if (task := session.abort()) is not None]
        await asyncio.gather(*tasks, return_exceptions=True)
        await _turns()
        self._sessions.clear()


async def _turns() -> None:
    """Let the loop handle pending input: asyncio needs three turns from accept() to connection_made."""
    for _ in range(4):
        await asyncio.sleep(0)
