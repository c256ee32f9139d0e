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

        `authority` issues the host's certificate; without one STARTTLS is not offered. `has_tlsa`: records about that
        certificate are published, and the journal is to tell which it would match. `dated` is the moment that the
        certificate's dates are told from (now, where it is not given): the records and every session are about the
        same certificate, though a minute or a day begins between them. `public` maps the sockets' addresses
        to those that clients connect to, where a proxy stands between: the ports are then the proxy's to tell of.
        """
        self.name = name
        self._faults = Faults(faults, server=name, journal=journal, clock=clock)
        self._journal = journal
        self._clock = clock
        self._authority = authority
        self._has_tlsa = has_tlsa
        self._dated = dated if dated is not None else clock.now()
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
        return SmtpSession(
            name=self.name,
            number=lambda: next(self._count),
            faults=self._faults,
            journal=self._journal,
            authority=self._authority,
            has_tlsa=self._has_tlsa,
            dated=self._dated,
            public=lambda address: self._public.get(address, address),
            on_made=self._sessions.add,
            on_lost=self._sessions.discard,
            others_open=lambda session: len(self._sessions - {session}),
            set_link=self._set_link,
        )

    def _set_link(self, up: bool) -> None:
        with contextlib.suppress(OSError):  # a link that was to come up again may be gone with its world
            self._network.set_link(up=up)

    async def settle(self, limit_s: float) -> None:
        """Wait until every session has ended, at most so long: what a client did last must get into the journal."""
        await _turns()
        lost = [session.lost.wait() for session in tuple(self._sessions)]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*lost), limit_s)
        for port in self._ports:
            port.tell_lost()

    async def begin_delivery(self) -> None:
        """The client's next delivery is about to begin: ports open as they are due, kept connections are idle."""
        for port in self._ports:
            await port.begin_delivery()
        for session in tuple(self._sessions):
            await session.begin_delivery()
        await _turns()

    async def close(self) -> None:
        """Close the ports and break off every session; returns when nothing of them is left."""
        for port in self._ports:
            await port.close()
        tasks = [task for session in tuple(self._sessions) if (task := session.abort()) is not None]
        await asyncio.gather(*tasks, return_exceptions=True)
        await _turns()
        self._sessions.clear()


async def _turns() -> None:
    """Let the loop take up what has come in: asyncio needs three turns from accept() to connection_made."""
    for _ in range(4):
        await asyncio.sleep(0)
