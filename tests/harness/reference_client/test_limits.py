"""Limits of the client: it never waits for ever, leaves nothing behind, and does not get in its own way."""

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest

from mailfault.classify import classify
from mailfault.clients.adapters.reference import settings_of
from mailfault.codes.failure import Failure
from mailfault.contract import Limits
from mailfault.reference_client import DeliveryClient, MailHost, Session, Settings
from mailfault.reference_client.session import dot_stuffed
from mailfault_servers.clock import SystemClock
from tests.harness.reference_client.conftest import SHORT, Start, deliver, envelope_of, host

UNUSED_RESOLVER = ("127.0.0.1", 1)


def test_a_greeting_that_dribbles_for_ever_meets_a_total_limit() -> None:
    """Each byte comes well within the limit, as a limit for each read would have it."""

    async def story() -> Failure | None:
        gone, closed = asyncio.Event(), asyncio.Event()

        async def dribble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while not gone.is_set():
                writer.write(b"2")
                await asyncio.sleep(0.02)
            writer.transport.abort()
            await asyncio.sleep(0)
            closed.set()

        async with await asyncio.start_server(dribble, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            settings = Settings(
                route="mx", smart_host=None, port=port, resolver=UNUSED_RESOLVER, tls="none", command_s=0.3
            )
            session = Session(MailHost("slow.example", "127.0.0.1"), settings)
            try:
                with pytest.raises(aiosmtplib.SMTPTimeoutError) as caught:
                    await session.connect()
            finally:
                gone.set()
                await closed.wait()
                await session.hang_up()
            found = classify(caught.value, stage=session.stage)
            return found.failure if found is not None else None

    assert asyncio.run(asyncio.wait_for(story(), 30)) is Failure.CONNECTION_TIMED_OUT


@pytest.mark.parametrize(
    "fault",
    [
        {"use": "smtp.silent", "at": "greeting"},
        {"use": "smtp.silent", "at": "end-of-data"},
        {"use": "smtp.reset", "at": "data"},
        {"use": "tls.expired"},
        {"use": "tcp.unresponsive"},
    ],
    ids=str,
)
def test_leaves_no_socket_and_no_task(world: Start, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any]) -> None:
    running = world(host("mx1", fault), tls="verified", limits=SHORT)
    this_thread = threading.get_ident()
    opened: list[socket.socket] = []

    class Noted(socket.socket):
        def __init__(self, *args: Any, **settings: Any) -> None:
            super().__init__(*args, **settings)
            if threading.get_ident() == this_thread:
                opened.append(self)

    async def story() -> int:
        monkeypatch.setattr(socket, "socket", Noted)  # now, so that the loop's own sockets are not among them
        await DeliveryClient(settings_of(running.target), clock=SystemClock()).deliver(envelope_of(running))
        monkeypatch.undo()
        assert {sock.fileno() for sock in opened} == {-1}
        return len(asyncio.all_tasks())

    assert asyncio.run(story()) == 1
    assert len(opened) == 3  # two questions and a connection: the test does look at the client's sockets


def test_twenty_at_once_each_in_a_thread_of_its_own(world: Start) -> None:
    running = world(route="mx", tls="verified")
    before = threading.active_count()
    with ThreadPoolExecutor(20) as pool:
        attempts = list(pool.map(lambda _: deliver(running), range(20)))
    assert [result.outcome for attempt in attempts for result in attempt.results.values()] == ["delivered"] * 20
    assert len(running.diagnose().acceptances) == 20
    assert threading.active_count() <= before


def test_a_cancelled_delivery_closes_its_connection(world: Start) -> None:
    running = world(
        host("mx1", {"use": "smtp.silent", "at": "ehlo"}), limits=Limits(connect_s=5, command_s=600, dns_s=5)
    )
    said_ehlo = threading.Event()

    class Told(Session):
        async def hello(self) -> Any:
            said_ehlo.set()
            return await super().hello()

    class Client(DeliveryClient):
        def session(self, host: MailHost) -> Session:
            return Told(host, self.settings)

    async def story() -> None:
        client = Client(settings_of(running.target), clock=SystemClock())
        task = asyncio.create_task(client.deliver(envelope_of(running)))
        await asyncio.to_thread(said_ehlo.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())
    running.settle()
    assert [entry.fact.kind for entry in running.entries()][-1] == "ended-by-client"


def test_an_authority_that_cannot_be_read_is_no_failure_of_a_delivery(world: Start, tmp_path: Path) -> None:
    running = world(tls="verified")
    running._target = replace(running.target, ca_file=tmp_path / "missing.pem")
    with pytest.raises(FileNotFoundError):
        deliver(running)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"route": "smart-host", "smart_host": None}, "smart host"),
        ({"tls": "verified", "ca_file": None}, "ca_file"),
    ],
)
def test_settings_that_lack_something_say_so(wrong: dict[str, Any], named: str) -> None:
    good: dict[str, Any] = {"route": "mx", "smart_host": None, "port": 25, "resolver": UNUSED_RESOLVER, "tls": "none"}
    Settings(**good)
    with pytest.raises(ValueError, match=named):
        Settings(**(good | wrong))


@pytest.mark.parametrize(
    ("message", "on_the_wire"),
    [
        (b".\r\n..\r\nx.\r\n", b"..\r\n...\r\nx.\r\n"),
        (b"no line end", b"no line end\r\n"),
        (b"", b"\r\n"),
        (b"a\r\n\r\n.b\r\n", b"a\r\n\r\n..b\r\n"),
    ],
)
def test_dots_are_stuffed(message: bytes, on_the_wire: bytes) -> None:
    assert dot_stuffed(message) == on_the_wire
