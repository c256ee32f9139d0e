"""The stream that aiosmtpd reads: each line passes a handler before aiosmtpd sees it."""

import asyncio
from typing import Any, Protocol


class LineHandler(Protocol):
    """Receiver of the lines of one session."""

    in_message: bool
    """Message text is expected, not a command."""
    awaits_command: bool
    """All input was dealt with, and the next command has not arrived."""

    async def on_command(self, line: bytes) -> bool:
        """Handle a command line. Return False to keep it from aiosmtpd."""
        ...

    async def on_message_line(self, line: bytes) -> None:
        """Handle a line of the message text, or the final dot."""
        ...

    async def on_unfinished_line(self, part: bytes) -> None:
        """Look at input of the message text that holds no CRLF yet, and ends with LF."""
        ...


class LineReader:
    """A StreamReader for aiosmtpd that hands each line to a LineHandler first."""

    def __init__(self, reader: asyncio.StreamReader, handler: LineHandler) -> None:
        self._reader = reader
        self._handler = handler

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)  # when TLS begins aiosmtpd clears the buffer, which is the reader's own

    async def readuntil(self, separator: bytes = b"\n") -> bytes:
        if self._handler.in_message:
            await self._look_at_unfinished_line()
            line = await self._reader.readuntil(separator)
            await self._handler.on_message_line(line)
            return line
        while True:
            self._handler.awaits_command = True
            line = await self._reader.readuntil(separator)
            self._handler.awaits_command = False
            if await self._handler.on_command(line):
                return line

    async def _look_at_unfinished_line(self) -> None:
        reader: Any = self._reader
        while b"\r\n" not in reader._buffer and not reader.at_eof() and len(reader._buffer) < reader._limit:
            if reader._buffer.endswith(b"\n"):
                await self._handler.on_unfinished_line(bytes(reader._buffer))
            await reader._wait_for_data("readuntil")

    async def read(self, n: int = -1) -> bytes:
        data = await self._reader.read(n)
        if self._handler.in_message:
            await self._handler.on_message_line(data)
        return data
