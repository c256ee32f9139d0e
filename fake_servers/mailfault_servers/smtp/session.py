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
import ssl
from asyncio import sslproto
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from aiosmtpd.smtp import Envelope

from mailfault_servers.action import Action, Proceed, Send
from mailfault_servers.facts import (
    Closing,
    CommandReceived,
    ConnectionAccepted,
    EndedByClient,
    Fact,
    MessageAccepted,
    ReplySent,
    TlsFailed,
    WentSilent,
)
from mailfault_servers.fault import Event, Faults
from mailfault_servers.journal import Journal
from mailfault_servers.smtp.connection import ActingSession, readable, spoken
from mailfault_servers.smtp.counted import CountedTransport
from mailfault_servers.smtp.event import Arrived, Leaving, MessageArriving
from mailfault_servers.smtp.handler import HonestHandler
from mailfault_servers.smtp.line_reader import Ears
from mailfault_servers.smtp.reading import flaw_of
from mailfault_servers.smtp.reply import COMMAND_STAGES, Stage
from mailfault_servers.smtp.starttls import Handshake, tls_reason
from mailfault_servers.tcp.event import Idle
from mailfault_servers.tls.alert import client_alert
from mailfault_servers.tls.authority import Authority
from mailfault_servers.tls.certificate import honest_spec

logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # aiosmtpd's own account of sessions; the journal is ours

SIZE_LIMIT = 10 * 1024 * 1024
_SAID_ALREADY = ""
_HONEST: dict[str, Any] = {"ident": "ESMTP", "data_size_limit": SIZE_LIMIT, "enable_SMTPUTF8": True}
"""What aiosmtpd is told of every host."""


class SmtpSession(ActingSession):
    """One connection of an SMTP host."""

    def __init__(
        self,
        *,
        name: str,
        number: Callable[[], int],
        faults: Faults,
        journal: Journal,
        authority: Authority | None,
        has_tlsa: bool,
        dated: datetime,
        public: Callable[[str], str],
        on_made: Callable[["SmtpSession"], None],
        on_lost: Callable[["SmtpSession"], None],
        others_open: Callable[["SmtpSession"], int] = lambda _: 0,
        set_link: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._name = name
        self._take_number = number
        self._faults = faults
        self._journal = journal
        self._authority = authority
        self._has_tlsa = has_tlsa
        self._dated = dated
        self._public = public
        self._on_made = on_made
        self._on_lost = on_lost
        self._others_open = others_open
        self._set_link = set_link
        self._accepted = 0
        self._next_delivery = asyncio.Event()
        self._stage = Stage.GREETING
        self._number: int | None = None
        self._ended = self._hung = False
        self._greeting_refused = False
        self._reply_lines: list[bytes] = []
        self._message_bytes = 0
        self._handshake: Handshake | None = None
        self._raw_transport: CountedTransport | None = None
        self.in_message = False
        self.awaits_command = False
        """Whether all that came in was dealt with, and the next command is waited for."""
        self.lost = asyncio.Event()
        context = authority.context(honest_spec(name, dated)) if authority is not None else None
        super().__init__(HonestHandler(), hostname=name, tls_context=context, **_HONEST)
        # aiosmtpd keeps this on the class, so that one session's EHLO changes the limits of all others.
        self.command_size_limits = defaultdict(lambda: self.command_size_limit)

    # -- connection ---------------------------------------------------------------------------------------------

    @property
    def _encrypted(self) -> bool:
        return self.session is not None and self.session.ssl is not None

    def _record(self, fact: Fact) -> None:
        if isinstance(fact, ReplySent | TlsFailed) and self._raw_transport is not None:
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

    def _own_address(self, transport: asyncio.BaseTransport) -> str | None:
        name = transport.get_extra_info("sockname")
        return self._public(str(name[0])) if name else None

    def _cb_client_connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super()._cb_client_connected(reader, writer)
        self._plain_reader = reader
        self._reader: Any = Ears(reader, self)

    def eof_received(self) -> bool | None:
        if not self._encrypted:
            return self._leave()
        # TLS hands over the last of its handshake, what was said under it and its end in one go. Whoever waits for the
        # former has been called already, and is to hear it before the end is told.
        self.loop.call_soon(self._leave)
        return False

    def _leave(self) -> bool:
        self._client_ended("fin")
        return bool(super().eof_received())

    def connection_lost(self, error: Exception | None) -> None:
        if isinstance(error, ssl.SSLError):
            self.end_in_tls(TlsFailed(reason=tls_reason(error), alert=client_alert(error)))
        else:
            self._client_ended("rst" if isinstance(error, ConnectionError) else "fin")
        super().connection_lost(error)
        closed: asyncio.Future[None] = self._closed  # type: ignore[attr-defined]
        if closed.done() and not closed.cancelled():
            closed.exception()  # or asyncio says, when it is collected, that nobody ever asked
        self.lost.set()
        self._on_lost(self)

    def _client_ended(self, how: Closing) -> None:
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
        if self._handshake is not None:
            self._handshake.stop()
        task: asyncio.Task[None] | None = self._handler_coroutine
        if task is not None:
            task.cancel()
        return task

    # -- what comes in ------------------------------------------------------------------------------------------

    async def hear_command(self, line: bytes) -> bool:
        """Note a command line; False where a fault has dealt with it, and aiosmtpd is not to see it."""
        words = line.rstrip(b"\r\n").upper().split(maxsplit=1)
        self._stage = COMMAND_STAGES.get(words[0] if words else b"", Stage.OTHER)
        text = readable(line.rstrip(b"\r\n"))
        self._record(CommandReceived(stage=self._stage, line=text, encrypted=self._encrypted))
        if self._hung:
            await self.heed_no_more()
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
            stage=self._stage,
            line=line,
            greeting_refused=self._greeting_refused,
            encrypted=self._encrypted,
            accepted=self._accepted,
            others_open=self._others_open(self),
        )
        actions = self._ask(event, (Proceed(),))
        if Proceed() in actions:
            return True
        if not actions:
            self._record(WentSilent(stage=self._stage))
        await self._carry_out(actions)
        return False

    async def begin_delivery(self) -> None:
        """The client's next delivery is about to begin: what was held back goes out, and idle connections may end."""
        self._next_delivery.set()
        self._next_delivery = asyncio.Event()
        if self._ended or not self.awaits_command or self._stage in (Stage.GREETING, Stage.QUIT):
            return
        self._stage = Stage.IDLE
        with contextlib.suppress(asyncio.CancelledError):  # raised to end the task that serves the connection
            await self._carry_out(self._ask(Idle(encrypted=self._encrypted), ()))

    def _ask(self, event: Event, honest: Sequence[Action]) -> tuple[Action, ...]:
        return self._faults.react(event, honest, session=self._number, at=self._stage)

    async def accept_message(self, envelope: Envelope) -> str:
        """Take responsibility for the message, unless a fault refuses it. Returns the reply to push, if any is due."""
        if not await self._arrived("."):
            return _SAID_ALREADY
        content: bytes = envelope.original_content or b""
        self._accepted += 1
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
        if self._stage is Stage.DATA and data.startswith(b"354"):
            self._stage = Stage.MESSAGE
            self._message_bytes = 0
            self.in_message = True

    async def _send(self, data: bytes) -> None:
        assert self._raw_transport is not None
        self._raw_transport.hold()  # it is in the journal before the client can act upon it
        self._writer.write(data)
        if not self._ended:
            if self._stage is Stage.GREETING and data[:1] in (b"4", b"5"):
                self._greeting_refused = True
            flaw = str(flaw_of(data))
            self._record(ReplySent(stage=self._stage, text=spoken(data), encrypted=self._encrypted, flaw=flaw))
        self._raw_transport.release()
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()

    # -- TLS and the end, around aiosmtpd's own methods -----------------------------------------------------------

    async def smtp_STARTTLS(self, arg: str) -> None:
        if arg or self._authority is None:
            await super().smtp_STARTTLS(arg)
            return
        if self._encrypted:
            await self.push("503 5.5.1 TLS is in use already")
            return
        await self.push("220 2.0.0 Ready to start TLS")
        assert self._raw_transport is not None
        self._handshake = Handshake(
            self,
            reader=self._plain_reader,
            transport=self._raw_transport,
            name=self._name,
            authority=self._authority,
            has_tlsa=self._has_tlsa,
            now=self._dated,
            address=self._own_address(self._raw_transport),
            ask=self._ask,
            record=self._record,
            carry_out=self._carry_out,
        )
        await self._handshake.begin()

    def put_under(self, protocol: sslproto.SSLProtocol) -> None:
        """Let TLS have the connection; this session speaks through it from now on."""
        self._tls_protocol = protocol
        self._original_transport = self._raw_transport
        self.transport = protocol._app_transport

    def end_in_tls(self, fact: TlsFailed) -> None:
        """Note that TLS was the end of this session, unless it had ended before."""
        if not self._ended:
            self._ended = True
            self._record(fact)

    async def smtp_QUIT(self, arg: str) -> None:
        if not arg:
            await self.push("221 2.0.0 Bye")
            self._end("fin")
        await super().smtp_QUIT(arg)
