"""Actions carried out: what leaves an SMTP session in place of an honest reply, and how the session is ended."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable, Sequence
from typing import Literal, NoReturn

from aiosmtpd.smtp import SMTP

from mailfault_servers.action import (
    Action,
    AwaitNextDelivery,
    Close,
    CutLink,
    Drip,
    Flood,
    HalfClose,
    Hang,
    Proceed,
    Reset,
    Send,
    SendUnprotected,
    Wait,
)
from mailfault_servers.facts import EndedByServer, Fact, ReplyBegun, ReplySent, WentSilent
from mailfault_servers.smtp.reply import Stage

_CHUNK = 64 * 1024


class ActingSession(SMTP):
    """An SMTP connection that does what actions say. What it hears, and what it makes of that, is its subclass's."""

    _stage: Stage
    _ended: bool
    _hung: bool
    """Nothing is ever answered again, whatever comes in."""
    _next_delivery: asyncio.Event
    _set_link: Callable[[bool], None]
    _raw_transport: asyncio.Transport | None
    _plain_reader: asyncio.StreamReader

    @property
    def _encrypted(self) -> bool:
        raise NotImplementedError

    @property
    def _unfinished_bytes(self) -> int:
        raise NotImplementedError

    def _record(self, fact: Fact) -> None:
        raise NotImplementedError

    async def _send(self, data: bytes) -> None:
        raise NotImplementedError

    async def _carry_out(self, actions: Sequence[Action]) -> None:
        for action in actions:
            match action:
                case Send(data):
                    await self._send(data)
                case Wait(length_s):
                    await asyncio.sleep(length_s)
                case SendUnprotected(data):
                    assert self._raw_transport is not None
                    self._raw_transport.write(data)
                case AwaitNextDelivery():
                    self._record(WentSilent(stage=self._stage, message_bytes=self._unfinished_bytes))
                    await self._next_delivery.wait()
                case Hang():
                    self._record(WentSilent(stage=self._stage, message_bytes=self._unfinished_bytes))
                    await self._hang()
                case Close(close_notify):
                    self._end("fin", close_notify=close_notify)
                case Reset():
                    self._end("rst")
                case HalfClose():
                    self._half_close()
                case Drip(data, every_s):
                    await self._drip(data, every_s)
                case Flood(line, at_most_bytes):
                    await self._flood(line, at_most_bytes)
                case CutLink(lasting_s):
                    self._cut_link(lasting_s)
                case Proceed():
                    pass
                case _:
                    raise TypeError(f"an SMTP session cannot carry out {action!r}")

    async def _hang(self) -> None:
        if self._stage is Stage.IDLE:  # the task that serves the connection is not this one
            self._hung = True
            return
        await self.heed_no_more()

    async def heed_no_more(self) -> None:
        """Take in what still comes and do nothing about it. Only the end of the connection ends this."""
        # Unread, it would fill asyncio's buffer, and the client's FIN behind it would never be seen.
        while await self._plain_reader.read(_CHUNK):
            pass
        await asyncio.Event().wait()

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()

    async def _drip(self, data: bytes, every_s: float) -> None:
        self._record(ReplyBegun(stage=self._stage, how="byte by byte"))
        for place in range(len(data) - 1):
            await self._write(data[place : place + 1])
            await asyncio.sleep(every_s)
        if not self._ended:
            self._record(ReplySent(stage=self._stage, text=spoken(data), encrypted=self._encrypted))
        await self._write(data[-1:])

    async def _flood(self, line: bytes, at_most_bytes: int) -> None:
        self._record(ReplyBegun(stage=self._stage, how="without end"))
        chunk = line * max(1, _CHUNK // len(line))
        for _ in range(at_most_bytes // len(chunk)):
            if self._ended:
                break
            await self._write(chunk)
        await asyncio.Event().wait()

    def _cut_link(self, lasting_s: float | None) -> None:
        self._set_link(False)
        if lasting_s is not None:
            asyncio.get_running_loop().call_later(lasting_s, self._set_link, True)

    def _end(self, how: Literal["fin", "rst"], *, close_notify: bool = True) -> NoReturn:
        if not self._ended:
            self._ended = True
            self._record(EndedByServer(how=how, stage=self._stage, message_bytes=self._unfinished_bytes))
        assert self._raw_transport is not None
        if how == "rst":
            raw = self._raw_transport.get_extra_info("socket")
            if raw is not None and raw.fileno() >= 0:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._raw_transport.abort()
        elif not close_notify:
            self._raw_transport.close()
        elif self.transport is not None:
            self.transport.close()
        raise asyncio.CancelledError

    def _half_close(self) -> None:
        if not self._ended:
            self._ended = True
            self._record(EndedByServer(how="half-close", stage=self._stage, message_bytes=self._unfinished_bytes))
        assert self._raw_transport is not None
        raw = self._raw_transport.get_extra_info("socket")
        if raw is not None and raw.fileno() >= 0:
            raw.shutdown(socket.SHUT_WR)


def readable(data: bytes) -> str:
    """Bytes as text; those that are not UTF-8 as backslash escapes."""
    return data.decode("utf-8", "backslashreplace")


def spoken(data: bytes) -> str:
    """A reply as the journal has it: lines joined by newlines."""
    return readable(data).replace("\r\n", "\n").rstrip("\n")
