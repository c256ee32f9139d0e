"""One TCP connection of an SMTP server: runs actions on it and records how it ends, exactly once."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, NoReturn

from mailfault_servers.action import (
    Action,
    AwaitInput,
    AwaitNextDelivery,
    Begin,
    Blame,
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
from mailfault_servers.facts import (
    Closing,
    EndedByClient,
    EndedByServer,
    Fact,
    ReplyBegun,
    ReplySent,
    RuleBroken,
    TlsFailed,
    WentSilent,
)
from mailfault_servers.smtp.conduct import Conduct
from mailfault_servers.smtp.counted_transport import CountedTransport
from mailfault_servers.smtp.reading import flaw_of
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.tcp.reset import reset

_CHUNK = 64 * 1024


class Connection:
    """A connection that runs actions. The session that holds it says what `stage` it has reached."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        record: Callable[[Fact], object],
        set_link: Callable[[bool], None] = lambda _: None,
    ) -> None:
        """`writer` writes to a CountedTransport until TLS begins. `set_link` takes the client's link up or down."""
        assert isinstance(writer.transport, CountedTransport)
        self.raw = writer.transport
        """The transport of the connection itself, below TLS."""
        self.transport: asyncio.WriteTransport = writer.transport
        """The transport that the session speaks through: TLS once it has begun."""
        self.reader = reader
        self.stage = Stage.GREETING
        self.message_bytes = 0
        """Bytes of the message text so far."""
        self.is_encrypted = False
        self.is_ended = False
        self.is_hung = False
        """No command is answered any more. Set when an idle connection hangs."""
        self.is_greeting_refused = False
        self.conduct = Conduct()
        self._begun = b""
        """The beginning of a reply that was sent, and whose end was not."""
        self._input = asyncio.Event()
        """Set whenever input arrives."""
        self._writer = writer
        self._record = record
        self._set_link = set_link
        self._next_delivery = asyncio.Event()

    # -- journal ------------------------------------------------------------------------------------------------

    def record(self, fact: Fact) -> None:
        """Write a fact to the journal, with the bytes sent so far where the fact has room for them."""
        if isinstance(fact, ReplySent | TlsFailed):
            fact = replace(fact, sent_bytes=self.raw.written)
        self._record(fact)

    def record_end(self, fact: EndedByClient | EndedByServer | TlsFailed) -> None:
        """Write the end of the connection to the journal, unless it had ended before."""
        if not self.is_ended:
            self.is_ended = True
            self.record(fact)

    def ended_by_client(self, how: Closing) -> None:
        """Record that the client ended the connection."""
        received_bytes = self.raw.received
        self.record_end(
            EndedByClient(
                how=how, stage=self.stage, message_bytes=self._unfinished_bytes, received_bytes=received_bytes
            )
        )

    def went_silent(self) -> None:
        """Record that the server answers nothing from now on."""
        self.record(WentSilent(stage=self.stage, message_bytes=self._unfinished_bytes))

    @property
    def _unfinished_bytes(self) -> int:
        return self.message_bytes if self.stage is Stage.MESSAGE else 0

    # -- actions ------------------------------------------------------------------------------------------------

    async def run_actions(self, actions: Sequence[Action]) -> None:
        """Run actions in order. Raises CancelledError after an action that ends the connection."""
        for action in actions:
            match action:
                case Send(data):
                    await self.send(data)
                case Wait(length_s):
                    await asyncio.sleep(length_s)
                case SendUnprotected(data):
                    self.raw.write(data)
                case AwaitNextDelivery():
                    self.went_silent()
                    await self._next_delivery.wait()
                case Hang():
                    self.went_silent()
                    await self._hang()
                case Close(close_notify):
                    self.close(close_notify=close_notify)
                case Reset():
                    self.reset()
                case HalfClose():
                    self.half_close()
                case Drip(data, every_s):
                    await self.drip(data, every_s)
                case Flood(line, at_most_bytes):
                    await self.flood(line, at_most_bytes)
                case CutLink(lasting_s):
                    self._cut_link(lasting_s)
                case Begin(data):
                    self._begun += data
                    await self._write(data)
                case AwaitInput(length_s, otherwise):
                    if await self._has_input_within(length_s):
                        await self.run_actions(otherwise)
                case Blame(rule, breach):
                    self.record(RuleBroken(stage=self.stage, rule=rule, breach=breach))
                case Proceed():
                    pass
                case _:
                    raise TypeError(f"an SMTP session cannot carry out {action!r}")

    async def send(self, data: bytes) -> None:
        """Send a reply, or bytes in place of one."""
        self.raw.hold()  # it is in the journal before the client can act upon it
        self._writer.write(data)
        self.conduct.on_reply(data, self.stage)
        data, self._begun = self._begun + data, b""
        if not self.is_ended:
            if self.stage is Stage.GREETING and data[:1] in (b"4", b"5"):
                self.is_greeting_refused = True
            self.record(self._reply_sent(data, flaw=str(flaw_of(data))))
        self.raw.release()
        await self._drain()

    async def drip(self, data: bytes, every_s: float) -> None:
        """Send a reply byte by byte, with a pause of `every_s` seconds after each."""
        self.record(ReplyBegun(stage=self.stage, how="byte by byte"))
        self.conduct.on_reply(data, self.stage)
        for place in range(len(data) - 1):
            await self._write(data[place : place + 1])
            await asyncio.sleep(every_s)
        if not self.is_ended:
            self.record(self._reply_sent(data))
        await self._write(data[-1:])

    async def flood(self, line: bytes, at_most_bytes: int) -> None:
        """Send a line again and again as fast as it is read, then wait until the connection ends."""
        self.record(ReplyBegun(stage=self.stage, how="without end"))
        chunk = line * max(1, _CHUNK // len(line))
        for _ in range(at_most_bytes // len(chunk)):
            if self.is_ended:
                break
            await self._write(chunk)
        await asyncio.Event().wait()

    async def discard_input(self) -> None:
        """Read and discard input until the connection ends, which cancels this."""
        # Unread, it would fill asyncio's buffer, and the client's FIN behind it would never be seen.
        while await self.reader.read(_CHUNK):
            pass
        await asyncio.Event().wait()

    def input_arrived(self) -> None:
        """Wake up the action that listens for input."""
        self._input.set()

    async def _has_input_within(self, length_s: float) -> bool:
        """Wait at most this long for input that nobody has read. Return whether there is any."""
        self._input.clear()
        buffer: bytearray = self.reader._buffer  # type: ignore[attr-defined]
        if not buffer:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._input.wait(), length_s)
        return bool(buffer)

    def begin_delivery(self) -> None:
        """Release the actions that wait for the next delivery."""
        self._next_delivery.set()
        self._next_delivery = asyncio.Event()

    def close(self, *, close_notify: bool = True) -> NoReturn:
        """End the connection by FIN, under TLS after close_notify. Raises CancelledError."""
        self._ended_by_server("fin")
        (self.transport if close_notify else self.raw).close()
        raise asyncio.CancelledError

    def reset(self) -> NoReturn:
        """End the connection by RST. Raises CancelledError."""
        self._ended_by_server("rst")
        reset(self.raw)
        raise asyncio.CancelledError

    def half_close(self) -> None:
        """Send FIN. Input is still read."""
        self._ended_by_server("half-close")
        sock = self.raw.get_extra_info("socket")
        if sock is not None and sock.fileno() >= 0:
            sock.shutdown(socket.SHUT_WR)

    def abort(self) -> None:
        """Drop the connection without recording an end."""
        self.is_ended = True
        self.raw.abort()

    async def _hang(self) -> None:
        if self.stage is Stage.IDLE:  # the task that serves the connection is not this one
            self.is_hung = True
            return
        await self.discard_input()

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._drain()

    async def _drain(self) -> None:
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()

    def _cut_link(self, lasting_s: float | None) -> None:
        self._set_link(False)
        if lasting_s is not None:
            asyncio.get_running_loop().call_later(lasting_s, self._set_link, True)

    def _ended_by_server(self, how: Literal["fin", "rst", "half-close"]) -> None:
        self.record_end(EndedByServer(how=how, stage=self.stage, message_bytes=self._unfinished_bytes))

    def _reply_sent(self, data: bytes, *, flaw: str = "") -> ReplySent:
        text = readable(data).replace("\r\n", "\n").rstrip("\n")
        return ReplySent(stage=self.stage, text=text, encrypted=self.is_encrypted, flaw=flaw)


def readable(data: bytes) -> str:
    """Decode bytes as UTF-8; other bytes become backslash escapes."""
    return data.decode("utf-8", "backslashreplace")
