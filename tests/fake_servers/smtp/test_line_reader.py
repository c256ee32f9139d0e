"""A LineReader alone: lines pass its handler before their reader gets them."""

import asyncio

from mailfault_servers.smtp.line_reader import LineReader


class Handler:
    """A handler that refuses NOOP and begins a message after DATA."""

    def __init__(self) -> None:
        self.in_message = False
        self.awaits_command = False
        self.commands: list[bytes] = []
        self.message: list[bytes] = []
        self.unfinished: list[bytes] = []

    async def on_command(self, line: bytes) -> bool:
        assert not self.awaits_command
        self.commands.append(line)
        self.in_message = line == b"DATA\r\n"
        return line != b"NOOP\r\n"

    async def on_message_line(self, line: bytes) -> None:
        self.message.append(line)

    async def on_unfinished_line(self, part: bytes) -> None:
        self.unfinished.append(part)


def read(data: bytes, *, lines: int) -> tuple[list[bytes], Handler]:
    async def play() -> tuple[list[bytes], Handler]:
        stream, handler = asyncio.StreamReader(), Handler()
        stream.feed_data(data)
        reader = LineReader(stream, handler)
        return [await reader.readuntil() for _ in range(lines)], handler

    return asyncio.run(play())


def test_a_refused_command_does_not_reach_the_reader() -> None:
    lines, handler = read(b"NOOP\r\nQUIT\r\n", lines=1)
    assert lines == [b"QUIT\r\n"]
    assert handler.commands == [b"NOOP\r\n", b"QUIT\r\n"]


def test_message_lines_are_no_commands() -> None:
    lines, handler = read(b"DATA\r\nNOOP\r\n.\r\n", lines=3)
    assert lines == [b"DATA\r\n", b"NOOP\r\n", b".\r\n"]
    assert handler.commands == [b"DATA\r\n"]
    assert handler.message == [b"NOOP\r\n", b".\r\n"]


def test_the_handler_knows_when_a_command_is_awaited() -> None:
    async def play() -> None:
        stream, handler = asyncio.StreamReader(), Handler()
        task = asyncio.ensure_future(LineReader(stream, handler).readuntil())
        await asyncio.sleep(0)
        assert handler.awaits_command
        stream.feed_data(b"QUIT\r\n")
        assert await task == b"QUIT\r\n"
        assert not handler.awaits_command

    asyncio.run(play())


def test_overlong_message_text_passes_the_handler_too() -> None:
    async def play() -> None:
        stream, handler = asyncio.StreamReader(), Handler()
        handler.in_message = True
        stream.feed_data(b"part of a line")
        assert await LineReader(stream, handler).read(4) == b"part"
        assert handler.message == [b"part"]

    asyncio.run(play())


def test_the_handler_looks_at_message_text_that_ends_with_lf_alone_and_goes_on_waiting() -> None:
    async def play() -> None:
        stream, handler = asyncio.StreamReader(), Handler()
        handler.in_message = True
        stream.feed_data(b"text\n.\n")
        task = asyncio.ensure_future(LineReader(stream, handler).readuntil(b"\r\n"))
        await asyncio.sleep(0)
        assert handler.unfinished == [b"text\n.\n"]
        stream.feed_data(b"more\r\n")
        assert await task == b"text\n.\nmore\r\n"

    asyncio.run(play())
