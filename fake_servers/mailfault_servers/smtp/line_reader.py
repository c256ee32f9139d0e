"""What an SMTP session hears: each line passes the session before aiosmtpd sees it."""

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mailfault_servers.smtp.session import SmtpSession


class Ears:
    """The reader that aiosmtpd reads from: lets the session hear each line first."""

    def __init__(self, reader: asyncio.StreamReader, session: "SmtpSession") -> None:
        self._reader = reader
        self._session = session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)  # when TLS begins aiosmtpd clears the buffer, which is the reader's own

    async def readuntil(self, separator: bytes = b"\n") -> bytes:
        if self._session.in_message:
            line = await self._reader.readuntil(separator)
            await self._session.hear_message_line(line)
            return line
        while True:
            self._session.awaits_command = True
            line = await self._reader.readuntil(separator)
            self._session.awaits_command = False
            if await self._session.hear_command(line):
                return line

    async def read(self, n: int = -1) -> bytes:
        data = await self._reader.read(n)
        if self._session.in_message:
            await self._session.hear_message_line(data)
        return data
