"""A correct client that reuses its connections for the next message; the wrong ones that do so are built from it.

It checks with RSET that a kept connection is alive, and reconnects if it is not. A connection with an unanswered
command is never kept.
"""

import asyncio
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import aiosmtplib

from mailfault.clients.adapters.reference import answer_of, settings_of
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Target
from mailfault.reference_client import DeliveryClient, Envelope, MailHost, Session, Settings
from mailfault.reference_client.result import Results
from mailfault_servers.clock import SystemClock
from mailfault_servers.smtp.reply import Stage

Key = tuple[object, ...]


class PersistentSession(Session):
    """A session that stays open while `kept` is set."""

    kept = False

    async def leave(self) -> None:
        if not self.kept:
            await super().leave()

    async def hang_up(self) -> None:
        if not self.kept:
            await super().hang_up()

    async def reset(self) -> None:
        self.stage = Stage.RSET
        await self.command("RSET")


class PersistentClient(DeliveryClient):
    """The client of one delivery; `connections` outlives it."""

    def __init__(self, settings: Settings, *, clock: Any, connections: dict[Key, PersistentSession]) -> None:
        super().__init__(settings, clock=clock)
        self.connections = connections

    def session(self, host: MailHost) -> PersistentSession:
        return PersistentSession(host, self.settings)

    def key(self, host: MailHost) -> Key:
        """Identify a host of a world. The CA file identifies the world, because ports are reused."""
        return host, self.settings.port, self.settings.ca_file

    async def converse(self, host: MailHost, envelope: Envelope, *, encrypt: bool) -> Results:
        session = self.connections.pop(self.key(host), None)
        if session is not None:
            session.kept = False
            results = await self.go_on(session, envelope)
            if results is not None:
                return results
        return await super().converse(host, envelope, encrypt=encrypt)

    async def go_on(self, session: PersistentSession, envelope: Envelope) -> Results | None:
        """Send the message on a kept connection. Return None if the connection is dead and the message was not begun."""
        if not await self.still_serves(session):
            await session.leave()
            await session.hang_up()
            return None
        results = await self.transact(session, envelope)
        if not session.kept:
            await session.leave()
            await session.hang_up()
        return None if session.stage == Stage.MAIL and not session.is_in_step else results

    async def still_serves(self, session: PersistentSession) -> bool:
        try:
            await session.reset()
        except (aiosmtplib.SMTPException, OSError):
            return False
        return True

    async def transact(self, session: Session, envelope: Envelope) -> Results:
        results = await super().transact(session, envelope)
        assert isinstance(session, PersistentSession)
        if self.is_worth_keeping(session, results):
            session.kept = True
            self.connections[self.key(session.host)] = session
        return results

    def is_worth_keeping(self, session: PersistentSession, results: Results) -> bool:
        return session.is_in_step and all(result.failure in (None, Failure.REMOTE_REPLY) for result in results.values())


def persistent(client: type[PersistentClient]) -> Callable[[Target], Answer]:
    """Return the `deliver` of a client that keeps its connections, on a loop that stays open."""
    connections: dict[Key, PersistentSession] = {}

    def deliver(target: Target) -> Answer:
        envelope = Envelope(sender=target.sender, recipients=target.recipients, message=target.message)
        made = client(settings_of(target), clock=SystemClock(), connections=connections)
        return answer_of(asyncio.run_coroutine_threadsafe(made.deliver(envelope), _loop()).result())

    return deliver


_starting = threading.Lock()


@cache
def _started() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="keeping-client", daemon=True).start()
    return loop


def _loop() -> asyncio.AbstractEventLoop:
    with _starting:  # connections belong to one loop, and deliveries begin at the same time
        return _started()


deliver = persistent(PersistentClient)
