"""A Connection alone: actions in, bytes and facts out, without a session and without a socket."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mailfault_servers.action import (
    Action,
    AwaitNextDelivery,
    Close,
    CutLink,
    Drip,
    Flood,
    HalfClose,
    Hang,
    Listen,
    Proceed,
    Reset,
    Send,
    SendUnprotected,
    Wait,
)
from mailfault_servers.facts import EndedByClient, EndedByServer, Fact, ReplyBegun, ReplySent, TlsFailed, WentSilent
from mailfault_servers.smtp.connection import Connection
from mailfault_servers.smtp.counted_transport import CountedTransport
from mailfault_servers.smtp.reading import Flaw
from mailfault_servers.smtp.reply import Stage

LIMIT_S = 5.0


class FakeTransport(asyncio.Transport):
    """A transport that keeps what is written and how it was ended."""

    def __init__(self) -> None:
        super().__init__()
        self.data = b""
        self.ends: list[str] = []
        self.is_over = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.data += bytes(data)

    def is_closing(self) -> bool:
        return self.is_over

    def close(self) -> None:
        self.ends.append("close")

    def abort(self) -> None:
        self.ends.append("abort")


class Opened:
    """A connection, and all that can be seen of it."""

    def __init__(self) -> None:
        self.wire = FakeTransport()
        self.facts: list[Fact] = []
        self.link: list[bool] = []
        self.is_link_up = asyncio.Event()
        self.reader = asyncio.StreamReader()
        transport = CountedTransport(self.wire)
        protocol = asyncio.StreamReaderProtocol(self.reader)
        protocol.connection_made(transport)
        writer = asyncio.StreamWriter(transport, protocol, self.reader, asyncio.get_running_loop())
        self.connection = Connection(self.reader, writer, record=self.facts.append, set_link=self.set_link)

    def set_link(self, up: bool) -> None:
        self.link.append(up)
        if up:
            self.is_link_up.set()

    async def run(self, *actions: Action) -> None:
        await asyncio.wait_for(self.connection.run_actions(actions), LIMIT_S)


def on_loop(story: Callable[[Opened], Awaitable[None]]) -> Opened:
    async def play() -> Opened:
        opened = Opened()
        try:
            await story(opened)
        finally:
            opened.wire.is_over = True
        return opened

    return asyncio.run(play())


def test_a_reply_is_sent_and_recorded_with_its_flaw_and_the_bytes_so_far() -> None:
    async def story(opened: Opened) -> None:
        await opened.run(Send(b"220 mx1\r\n"), Proceed(), Wait(0.0))
        opened.connection.stage = Stage.EHLO
        opened.connection.is_encrypted = True
        await opened.run(Send(b"\r\n250 \xff\r\n"))

    opened = on_loop(story)
    assert opened.wire.data == b"220 mx1\r\n\r\n250 \xff\r\n"
    assert opened.facts == [
        ReplySent(stage="greeting", text="220 mx1", encrypted=False, flaw=Flaw.NONE, sent_bytes=9),
        ReplySent(stage="ehlo", text="\n250 \\xff", encrypted=True, flaw=Flaw.BLANK_LINE, sent_bytes=18),
    ]


def test_a_fact_is_recorded_before_its_bytes_leave() -> None:
    seen: list[bytes] = []

    async def story(opened: Opened) -> None:
        opened.connection._record = lambda fact: seen.append(opened.wire.data)
        await opened.run(Send(b"220 mx1\r\n"))

    assert on_loop(story).wire.data == b"220 mx1\r\n"
    assert seen == [b""]


@pytest.mark.parametrize(
    ("reply", "is_refused"), [(b"220 mx1\r\n", False), (b"421 no\r\n", True), (b"554 no\r\n", True)]
)
def test_a_refusing_greeting_is_remembered(reply: bytes, is_refused: bool) -> None:
    opened = on_loop(lambda opened: opened.run(Send(reply)))
    assert opened.connection.is_greeting_refused is is_refused


@pytest.mark.parametrize(
    ("action", "how", "ends"),
    [(Close(), "fin", ["close"]), (Close(close_notify=False), "fin", ["close"]), (Reset(), "rst", ["abort"])],
)
def test_an_end_is_recorded_once_and_stops_what_follows(action: Action, how: Any, ends: list[str]) -> None:
    async def story(opened: Opened) -> None:
        opened.connection.stage = Stage.MESSAGE
        opened.connection.message_bytes = 30
        with pytest.raises(asyncio.CancelledError):
            await opened.connection.run_actions((action, Send(b"250 OK\r\n")))
        opened.connection.ended_by_client("fin")
        opened.connection.record_end(TlsFailed(reason="late"))

    opened = on_loop(story)
    assert (opened.wire.data, opened.wire.ends) == (b"", ends)
    assert opened.facts == [EndedByServer(how=how, stage="message", message_bytes=30)]


def test_close_notify_goes_through_tls_and_a_bare_close_below_it() -> None:
    async def story(opened: Opened) -> None:
        tls = FakeTransport()
        opened.connection.transport = tls
        for action in (Close(close_notify=False), Close()):
            with pytest.raises(asyncio.CancelledError):
                await opened.run(action)
        assert tls.ends == ["close"]

    assert on_loop(story).wire.ends == ["close"]


def test_after_a_half_close_nothing_is_recorded_as_said() -> None:
    opened = on_loop(lambda opened: opened.run(HalfClose(), Send(b"250 OK\r\n")))
    assert opened.facts == [EndedByServer(how="half-close", stage="greeting")]
    assert opened.wire.ends == []


def test_a_client_that_leaves_is_recorded_with_the_bytes_it_sent() -> None:
    async def story(opened: Opened) -> None:
        opened.connection.stage = Stage.RCPT
        opened.connection.message_bytes = 30
        opened.connection.raw.received = 12
        opened.connection.ended_by_client("rst")

    assert on_loop(story).facts == [EndedByClient(how="rst", stage="rcpt", received_bytes=12)]


def test_a_dripped_reply_is_complete_before_its_last_byte() -> None:
    opened = on_loop(lambda opened: opened.run(Drip(b"250 OK\r\n", 0.0)))
    assert opened.wire.data == b"250 OK\r\n"
    assert opened.facts == [
        ReplyBegun(stage="greeting", how="byte by byte"),
        ReplySent(stage="greeting", text="250 OK", encrypted=False, sent_bytes=7),
    ]


def test_a_flood_has_a_limit_and_ends_with_the_connection() -> None:
    async def story(opened: Opened) -> None:
        task = asyncio.ensure_future(opened.connection.run_actions((Flood(b"250-x\r\n", 200_000),)))
        await asyncio.sleep(0)
        assert not task.done()
        task.cancel()

    opened = on_loop(story)
    assert 100_000 < len(opened.wire.data) <= 200_000
    assert opened.facts == [ReplyBegun(stage="greeting", how="without end")]


def test_a_hung_connection_discards_input_and_an_idle_one_is_marked() -> None:
    async def story(opened: Opened) -> None:
        task = asyncio.ensure_future(opened.connection.run_actions((Hang(), Send(b"250 OK\r\n"))))
        await asyncio.sleep(0)
        opened.reader.feed_data(b"NOOP\r\n" * 10)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not opened.reader._buffer  # type: ignore[attr-defined]
        assert not task.done()
        task.cancel()
        assert not opened.connection.is_hung
        opened.connection.stage = Stage.IDLE
        await opened.run(Hang())
        assert opened.connection.is_hung

    opened = on_loop(story)
    assert opened.wire.data == b""
    assert opened.facts == [WentSilent(stage="greeting"), WentSilent(stage="idle")]


def test_an_overdue_reply_leaves_when_the_next_delivery_begins() -> None:
    async def story(opened: Opened) -> None:
        task = asyncio.ensure_future(opened.connection.run_actions((AwaitNextDelivery(), Send(b"250 OK\r\n"))))
        await asyncio.sleep(0)
        assert opened.wire.data == b""
        opened.connection.begin_delivery()
        await asyncio.wait_for(task, LIMIT_S)

    assert on_loop(story).wire.data == b"250 OK\r\n"


def test_the_link_is_cut_and_comes_up_again() -> None:
    async def story(opened: Opened) -> None:
        await opened.run(CutLink(0.01))
        await asyncio.wait_for(opened.is_link_up.wait(), LIMIT_S)

    assert on_loop(story).link == [False, True]


def test_unprotected_bytes_are_no_reply() -> None:
    opened = on_loop(lambda opened: opened.run(SendUnprotected(b"\x17\x03")))
    assert (opened.wire.data, opened.facts) == (b"\x17\x03", [])


def test_an_aborted_connection_records_no_end() -> None:
    async def story(opened: Opened) -> None:
        opened.connection.abort()
        opened.connection.ended_by_client("rst")

    opened = on_loop(story)
    assert (opened.facts, opened.wire.ends) == ([], ["abort"])


def test_an_action_of_another_server_is_refused() -> None:
    async def story(opened: Opened) -> None:
        with pytest.raises(TypeError, match="cannot carry out"):
            await opened.run(Listen())

    on_loop(story)
