"""One SMTP connection: stock aiosmtpd as the honest end, with the faults around what it reads and what it says.

Rules of this file:
- Whatever a client sends passes `Ears`, which asks the faults *before* aiosmtpd sees it. A fault that refuses must act
  there: aiosmtpd would otherwise go on from what it believes it said (after a 454 put in place of 220 it starts TLS).
- Whatever aiosmtpd says passes `push`, which asks the faults *after* the honest work is done.
- Every session ends in the journal exactly once: by the client, by the server, or in TLS.
"""

import asyncio
import contextlib
import hashlib
import logging
import socket
import ssl
import struct
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal, NoReturn

from aiosmtpd.smtp import SMTP, Envelope, TLSSetupException

from fake_servers.action import Action, Close, HalfClose, Hang, Proceed, Reset, Send, Wait
from fake_servers.fault import Faults
from fake_servers.journal import (
    CertificatePresented,
    CommandReceived,
    ConnectionAccepted,
    EndedByClient,
    EndedByServer,
    Ending,
    Fact,
    Journal,
    MessageAccepted,
    ReplySent,
    TlsEstablished,
    TlsFailed,
    WentSilent,
)
from fake_servers.smtp.counted import CountedTransport
from fake_servers.smtp.ears import Ears
from fake_servers.smtp.event import Arrived, Leaving, MessageArriving
from fake_servers.smtp.honest import HonestHandler
from fake_servers.smtp.reply import Stage
from fake_servers.tls.alert import client_alert
from fake_servers.tls.authority import Authority
from fake_servers.tls.certificate import CertificateWanted, Present, honest_spec

logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # aiosmtpd's own account of sessions; the journal is ours

SIZE_LIMIT = 10 * 1024 * 1024
_STAGES = {
    b"EHLO": Stage.EHLO,
    b"HELO": Stage.EHLO,
    b"STARTTLS": Stage.STARTTLS,
    b"MAIL": Stage.MAIL,
    b"RCPT": Stage.RCPT,
    b"DATA": Stage.DATA,
    b"RSET": Stage.RSET,
    b"QUIT": Stage.QUIT,
}
_SAID_ALREADY = ""


def _readable(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


class SmtpSession(SMTP):
    """One connection of an SMTP host."""

    def __init__(
        self,
        *,
        name: str,
        number: Callable[[], int],
        faults: Faults,
        journal: Journal,
        authority: Authority | None,
        now: Callable[[], datetime],
        public: Callable[[str], str],
        on_made: Callable[["SmtpSession"], None],
        on_lost: Callable[["SmtpSession"], None],
    ) -> None:
        self._name = name
        self._take_number = number
        self._faults = faults
        self._journal = journal
        self._authority = authority
        self._now = now
        self._public = public
        self._on_made = on_made
        self._on_lost = on_lost
        self._stage = Stage.GREETING
        self._number: int | None = None
        self._ended = False
        self._greeting_refused = False
        self._reply_lines: list[bytes] = []
        self._message_bytes = 0
        self._presenting: CertificatePresented | None = None
        """What to note once STARTTLS has been agreed to."""
        self._raw_transport: CountedTransport | None = None
        self.in_message = False
        self.lost = asyncio.Event()
        context = authority.context(honest_spec(name, now())) if authority is not None else None
        super().__init__(
            HonestHandler(),
            hostname=name,
            ident="ESMTP",
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            tls_context=context,
            loop=asyncio.get_running_loop(),
        )
        # aiosmtpd keeps this on the class, so that one session's EHLO changes the limits of all others.
        self.command_size_limits = defaultdict(lambda: self.command_size_limit)

    # -- connection ---------------------------------------------------------------------------------------------

    @property
    def _encrypted(self) -> bool:
        return self.session is not None and self.session.ssl is not None

    def _record(self, fact: Fact) -> None:
        if isinstance(fact, TlsFailed) and self._raw_transport is not None:
            fact = replace(fact, sent_bytes=self._raw_transport.written)
        self._journal.record(self._name, fact, session=self._number)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._number is None:
            assert isinstance(transport, asyncio.Transport)
            self._raw_transport = transport = CountedTransport(transport)
            self._number = self._take_number()
            self._record(ConnectionAccepted(address=self._own_address(transport)))
            self._on_made(self)
        super().connection_made(transport)

    def _own_address(self, transport: asyncio.Transport) -> str | None:
        name = transport.get_extra_info("sockname")
        return self._public(str(name[0])) if name else None

    def _cb_client_connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super()._cb_client_connected(reader, writer)
        self._reader: Any = Ears(reader, self)

    def eof_received(self) -> bool | None:
        self._client_ended("fin")
        return bool(super().eof_received())

    def connection_lost(self, error: Exception | None) -> None:
        if isinstance(error, ssl.SSLError) and not self._ended:
            self._ended = True
            self._record(TlsFailed(reason=_tls_reason(error), alert=client_alert(error)))
        else:
            self._client_ended("rst" if isinstance(error, ConnectionError) else "fin")
        super().connection_lost(error)
        self.lost.set()
        self._on_lost(self)

    def _client_ended(self, how: Ending) -> None:
        if not self._ended:
            self._ended = True
            self._record(
                EndedByClient(
                    how=how,
                    stage=self._stage,
                    message_bytes=self._unfinished_bytes,
                    received_bytes=self._raw_transport.received if self._raw_transport is not None else None,
                )
            )

    def data_received(self, data: bytes) -> None:
        if self._raw_transport is not None and not self._raw_transport.counts_input:
            self._raw_transport.received += len(data)
        super().data_received(data)

    @property
    def _unfinished_bytes(self) -> int:
        return self._message_bytes if self._stage is Stage.MESSAGE else 0

    def abort(self) -> asyncio.Task[None] | None:
        """Break the connection off, as the world ends. Returns the task to wait for."""
        self._ended = True
        if self._raw_transport is not None:
            self._raw_transport.abort()
        task: asyncio.Task[None] | None = self._handler_coroutine
        if task is not None:
            task.cancel()
        return task

    # -- what comes in ------------------------------------------------------------------------------------------

    async def hear_command(self, line: bytes) -> bool:
        """Note a command line; False where a fault has dealt with it, and aiosmtpd is not to see it."""
        words = line.rstrip(b"\r\n").upper().split(maxsplit=1)
        self._stage = _STAGES.get(words[0] if words else b"", Stage.OTHER)
        text = _readable(line.rstrip(b"\r\n"))
        self._record(CommandReceived(stage=self._stage, line=text, encrypted=self._encrypted))
        return await self._arrived(text)

    async def hear_message_line(self, line: bytes) -> None:
        """Note a line of the message text, or the final dot."""
        if line == b".\r\n":
            self.in_message = False
            self._stage = Stage.END_OF_DATA
            self._record(CommandReceived(stage=self._stage, line=".", encrypted=self._encrypted))
            return
        self._message_bytes += len(line)
        event = MessageArriving(received_bytes=self._message_bytes)
        await self._carry_out(self._ask(event, (Proceed(),)))

    async def _arrived(self, line: str) -> bool:
        event = Arrived(
            stage=self._stage, line=line, greeting_refused=self._greeting_refused, encrypted=self._encrypted
        )
        actions = self._ask(event, (Proceed(),))
        if Proceed() in actions:
            return True
        await self._carry_out(actions)
        return False

    def _ask(self, event: Arrived | Leaving | MessageArriving, honest: Sequence[Action]) -> tuple[Action, ...]:
        return self._faults.react(event, honest, session=self._number, at=self._stage)

    async def accept_message(self, envelope: Envelope) -> str:
        """Take responsibility for the message, unless a fault refuses it. Returns the reply to push, if any is due."""
        if not await self._arrived("."):
            return _SAID_ALREADY
        content: bytes = envelope.original_content or b""
        self._record(
            MessageAccepted(
                sender=envelope.mail_from or "",
                recipients=tuple(envelope.rcpt_tos),
                size=len(content),
                digest=hashlib.sha256(content).hexdigest(),
                encrypted=self._encrypted,
            )
        )
        return "250 2.0.0 Message accepted"

    # -- what goes out ------------------------------------------------------------------------------------------

    async def push(self, status: str | bytes) -> None:
        if status == _SAID_ALREADY:
            return
        line = status.encode() if isinstance(status, str) else status
        self._reply_lines.append(line + b"\r\n")
        if line[3:4] == b"-":
            return
        data = b"".join(self._reply_lines)
        self._reply_lines.clear()
        if self._stage is Stage.GREETING and not await self._arrived(""):
            return
        honest = (Send(data),)
        actions = self._ask(Leaving(stage=self._stage, encrypted=self._encrypted), honest)
        await self._carry_out(actions)
        if self._presenting is not None and self._stage is Stage.STARTTLS:
            self._record(self._presenting)
            self._presenting = None
        if self._stage is Stage.DATA and data.startswith(b"354"):
            self._stage = Stage.MESSAGE
            self._message_bytes = 0
            self.in_message = True

    async def _carry_out(self, actions: Sequence[Action]) -> None:
        for action in actions:
            match action:
                case Send(data):
                    await self._send(data)
                case Wait(length_s):
                    await asyncio.sleep(length_s)
                case Hang():
                    self._record(WentSilent(stage=self._stage, message_bytes=self._unfinished_bytes))
                    await asyncio.Event().wait()
                case Close():
                    self._end("fin")
                case Reset():
                    self._end("rst")
                case HalfClose():
                    self._half_close()
                case Proceed():
                    pass
                case _:
                    raise TypeError(f"an SMTP session cannot carry out {action!r}")

    async def _send(self, data: bytes) -> None:
        ended = self._ended
        self._writer.write(data)
        if not ended:
            if self._stage is Stage.GREETING and data[:1] in (b"4", b"5"):
                self._greeting_refused = True
            sent = self._raw_transport.written if self._raw_transport is not None else None
            self._record(ReplySent(stage=self._stage, text=_spoken(data), encrypted=self._encrypted, sent_bytes=sent))
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()

    def _end(self, how: Literal["fin", "rst"]) -> NoReturn:
        if not self._ended:
            self._ended = True
            self._record(EndedByServer(how=how, stage=self._stage, message_bytes=self._unfinished_bytes))
        assert self._raw_transport is not None
        if how == "rst":
            raw = self._raw_transport.get_extra_info("socket")
            if raw is not None and raw.fileno() >= 0:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._raw_transport.abort()
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

    # -- TLS and the end, around aiosmtpd's own methods -----------------------------------------------------------

    async def smtp_STARTTLS(self, arg: str) -> None:
        if arg or self._authority is None or self._tls_protocol is not None:
            await super().smtp_STARTTLS(arg)
            return
        now = self._now()
        honest = (Present(honest_spec(self._name, now)),)
        event = CertificateWanted(host=self._name, now=now)
        actions = self._faults.react(event, honest, session=self._number, at=Stage.STARTTLS)
        spec = next(one.spec for one in actions if isinstance(one, Present))
        self.tls_context = self._authority.context(spec)
        self._presenting = CertificatePresented(problems=self._authority.problems(spec, host=self._name, now=now))
        try:
            await super().smtp_STARTTLS(arg)
        except TLSSetupException as error:
            if not self._ended:
                self._ended = True
                cause = error.__cause__
                alert = client_alert(cause) if isinstance(cause, ssl.SSLError) else None
                self._record(TlsFailed(reason=_tls_reason(cause), alert=alert))
            raise
        if self._encrypted:
            assert self.transport is not None
            self._record(TlsEstablished(version=self.transport.get_extra_info("ssl_object").version()))
        elif not self._ended:
            self._ended = True
            self._record(TlsFailed(reason="the connection was lost in the handshake"))

    async def smtp_QUIT(self, arg: str) -> None:
        if not arg:
            await self.push("221 2.0.0 Bye")
            self._end("fin")
        await super().smtp_QUIT(arg)


def _spoken(data: bytes) -> str:
    return _readable(data).replace("\r\n", "\n").rstrip("\n")


def _tls_reason(error: BaseException | None) -> str:
    if isinstance(error, ssl.SSLError):
        return (getattr(error, "reason", None) or str(error)).lower().replace("_", " ")
    if isinstance(error, ConnectionError):
        return "the connection was lost in the handshake"
    return type(error).__name__
