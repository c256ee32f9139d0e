"""One SMTP session: stock aiosmtpd as the honest end, with the faults around what it reads and what it says.

Rules of this file:
- Input passes `LineReader`, which asks the faults *before* aiosmtpd sees it. A fault that refuses must act there:
  aiosmtpd would otherwise go on from what it believes it said (after a 454 put in place of 220 it starts TLS).
- Replies of aiosmtpd pass `push`, which asks the faults *after* the honest work is done.
- Every session ends in the journal exactly once: by the client, by the server, or in TLS. `Connection` sees to that.
"""

import asyncio
import contextlib
import hashlib
import logging
import ssl
from asyncio import sslproto
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol

from aiosmtpd.smtp import SMTP, Envelope

from mailfault_servers.action import Action, Proceed, Send
from mailfault_servers.facts import CommandReceived, ConnectionAccepted, MessageAccepted
from mailfault_servers.fault import Event, Faults
from mailfault_servers.journal import Journal
from mailfault_servers.smtp.connection import Connection, readable
from mailfault_servers.smtp.counted_transport import CountedTransport
from mailfault_servers.smtp.event import CommandArrived, DataArrived, ReplyReady
from mailfault_servers.smtp.handler import HonestHandler
from mailfault_servers.smtp.line_reader import LineReader
from mailfault_servers.smtp.reply import COMMAND_STAGES, Stage
from mailfault_servers.smtp.rules import Rule
from mailfault_servers.smtp.starttls import Handshake, TlsIdentity
from mailfault_servers.tcp.event import Idle
from mailfault_servers.tls.certificate import honest_spec
from mailfault_servers.tls.failure import tls_failed

logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # aiosmtpd's own account of sessions; the journal is ours

SIZE_LIMIT = 10 * 1024 * 1024
_ALREADY_ANSWERED = ""
_SETTINGS: dict[str, Any] = {"ident": "ESMTP", "data_size_limit": SIZE_LIMIT, "enable_SMTPUTF8": True}
"""Settings of aiosmtpd that all hosts share."""


class SessionHost(Protocol):
    """The mail host, as its sessions need it."""

    def opened(self, session: "SmtpSession") -> int:
        """Register a session that has a connection. Return its number, from 1."""
        ...

    def closed(self, session: "SmtpSession") -> None:
        """Forget a session."""
        ...

    def others_open(self, session: "SmtpSession") -> int:
        """Count the other sessions that are open."""
        ...

    def public_address(self, address: str) -> str:
        """Map the address of a socket to the address that clients connect to."""
        ...

    def set_link(self, up: bool) -> None:
        """Take the client's link up or down."""
        ...


class SmtpSession(SMTP):
    """One session of an SMTP host."""

    line_length_limit = 2**16
    """In octets. aiosmtpd counts lines by CRLF: with its own limit (1001) it would refuse as too long, and so hide, a
    message whose lines end with bare LF."""

    def __init__(
        self, host: SessionHost, *, name: str, faults: Faults, journal: Journal, identity: TlsIdentity | None
    ) -> None:
        """Without an `identity` STARTTLS is not offered."""
        self._host = host
        self._name = name
        self._faults = faults
        self._journal = journal
        self._identity = identity
        self._number: int | None = None
        self._accepted = 0
        self._reply_lines: list[bytes] = []
        self._handshake: Handshake | None = None
        self._connection: Connection
        self.in_message = False
        self.awaits_command = False
        self.lost = asyncio.Event()
        """Set once the connection is gone."""
        context = identity.authority.context(honest_spec(name, identity.dated)) if identity is not None else None
        super().__init__(HonestHandler(), hostname=name, tls_context=context, **_SETTINGS)
        # aiosmtpd keeps this on the class, so that one session's EHLO changes the limits of all others.
        self.command_size_limits = defaultdict(lambda: self.command_size_limit)

    # -- connection ---------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._original_transport is None:
            assert isinstance(transport, asyncio.Transport)
            super().connection_made(CountedTransport(transport))
        else:
            super().connection_made(transport)
            self._connection.is_encrypted = True
            self._connection.conduct.on_tls()

    def _cb_client_connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super()._cb_client_connected(reader, writer)
        self._reader: Any = LineReader(reader, self)
        self._number = self._host.opened(self)
        record = partial(self._journal.record, self._name, session=self._number)
        self._connection = Connection(reader, writer, record=record, set_link=self._host.set_link)
        self._connection.record(ConnectionAccepted(address=self._own_address()))

    def _own_address(self) -> str | None:
        name = self._connection.raw.get_extra_info("sockname")
        return self._host.public_address(str(name[0])) if name else None

    def data_received(self, data: bytes) -> None:
        if not self._connection.raw.counts_input:
            self._connection.raw.received += len(data)
        super().data_received(data)
        self._connection.input_arrived()

    def eof_received(self) -> bool | None:
        if not self._connection.is_encrypted:
            return self._on_fin()
        # TLS delivers the end of its handshake, the input under it and its EOF in one turn of the loop. Tasks that wait
        # for the handshake or for input are scheduled already, and must run before the end is recorded.
        self.loop.call_soon(self._on_fin)
        return False

    def _on_fin(self) -> bool:
        self._connection.ended_by_client("fin")
        return bool(super().eof_received())

    def connection_lost(self, error: Exception | None) -> None:
        if isinstance(error, ssl.SSLError):
            self._connection.record_end(tls_failed(error))
        else:
            self._connection.ended_by_client("rst" if isinstance(error, ConnectionError) else "fin")
        super().connection_lost(error)
        closed: asyncio.Future[None] = self._closed  # type: ignore[attr-defined]
        if closed.done() and not closed.cancelled():
            closed.exception()  # or asyncio reports, when it is collected, that the exception was never retrieved
        self.lost.set()
        self._host.closed(self)

    def abort(self) -> asyncio.Task[None] | None:
        """Drop the connection as the world ends. Return the task to wait for."""
        self._connection.abort()
        if self._handshake is not None:
            self._handshake.stop()
        task: asyncio.Task[None] | None = self._handler_coroutine
        if task is not None:
            task.cancel()
        return task

    # -- input --------------------------------------------------------------------------------------------------

    async def on_command(self, line: bytes) -> bool:
        """Record a command line. Return False if a fault has dealt with it."""
        connection = self._connection
        words = line.rstrip(b"\r\n").upper().split(maxsplit=1)
        connection.stage = COMMAND_STAGES.get(words[0] if words else b"", Stage.OTHER)
        text = readable(line.rstrip(b"\r\n"))
        self._record_command(text)
        if connection.is_hung:
            await connection.discard_input()
        return await self._may_proceed(text, connection.conduct.on_command(line, connection.stage))

    async def on_message_line(self, line: bytes) -> None:
        """Count a line of the message text, or record the final dot."""
        connection = self._connection
        if line == b".\r\n":
            self.in_message = False
            connection.stage = Stage.END_OF_DATA
            self._record_command(".")
            return
        connection.message_bytes += len(line)
        event = DataArrived(received_bytes=connection.message_bytes, broken=connection.conduct.on_text(line))
        await connection.run_actions(self.ask(event, (Proceed(),)))

    async def accept_message(self, envelope: Envelope) -> str:
        """Take responsibility for the message, unless a fault refuses it. Return the reply to push, if any is due."""
        if not await self._may_proceed(".", self._connection.conduct.of_message):
            return _ALREADY_ANSWERED
        content: bytes = envelope.original_content or b""
        self._accepted += 1
        self._connection.record(
            MessageAccepted(
                sender=envelope.mail_from or "",
                recipients=tuple(envelope.rcpt_tos),
                size=len(content),
                digest=hashlib.sha256(content).hexdigest(),
                encrypted=self._connection.is_encrypted,
                content=content.decode("latin-1"),
            )
        )
        return "250 2.0.0 Message accepted"

    async def begin_delivery(self) -> None:
        """Begin the client's next delivery: send replies that were held back, let faults act on an idle connection."""
        connection = self._connection
        connection.begin_delivery()
        if connection.is_ended or not self.awaits_command or connection.stage in (Stage.GREETING, Stage.QUIT):
            return
        connection.stage = Stage.IDLE
        with contextlib.suppress(asyncio.CancelledError):  # raised to end the task that serves the connection
            await connection.run_actions(self.ask(Idle(encrypted=connection.is_encrypted), ()))

    async def on_unfinished_line(self, part: bytes) -> None:
        """Ask the faults about an end of the message that is none, for want of CR: the client waits for its reply."""
        connection = self._connection
        if (broken := connection.conduct.of_unfinished_text(part)) is not None:
            event = DataArrived(received_bytes=connection.message_bytes + len(part), broken=broken)
            await connection.run_actions(self.ask(event, (Proceed(),)))

    async def _may_proceed(self, line: str, broken: Rule | None = None) -> bool:
        """Ask the faults about input. Run their actions and return False if they do not let it proceed."""
        connection = self._connection
        event = CommandArrived(
            stage=connection.stage,
            line=line,
            greeting_refused=connection.is_greeting_refused,
            encrypted=connection.is_encrypted,
            accepted=self._accepted,
            others_open=self._host.others_open(self),
            broken=broken,
        )
        actions = self.ask(event, (Proceed(),))
        if Proceed() in actions:
            return True
        if not actions:
            connection.went_silent()
        await connection.run_actions(actions)
        return False

    def _record_command(self, line: str) -> None:
        connection = self._connection
        connection.record(CommandReceived(stage=connection.stage, line=line, encrypted=connection.is_encrypted))

    def ask(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        """Ask the host's faults what to do about an event."""
        return self._faults.react(event, honest, session=self._number, at=self._connection.stage)

    # -- output -------------------------------------------------------------------------------------------------

    async def push(self, status: str | bytes) -> None:
        if status == _ALREADY_ANSWERED:
            return
        line = status.encode() if isinstance(status, str) else status
        self._reply_lines.append(line + b"\r\n")
        if line[3:4] == b"-":
            return
        data = b"".join(self._reply_lines)
        self._reply_lines.clear()
        connection = self._connection
        if connection.stage is Stage.GREETING and not await self._may_proceed(""):
            return
        event = ReplyReady(
            stage=connection.stage,
            encrypted=connection.is_encrypted,
            broken=connection.conduct.of_message if connection.stage is Stage.END_OF_DATA else None,
            ahead=connection.conduct.of_input_before_reply(connection.stage),
        )
        await connection.run_actions(self.ask(event, (Send(data),)))
        if connection.stage is Stage.DATA and data.startswith(b"354"):
            connection.stage = Stage.MESSAGE
            connection.message_bytes = 0
            self.in_message = True

    # -- TLS and the end, around aiosmtpd's own methods -----------------------------------------------------------

    async def smtp_STARTTLS(self, arg: str) -> None:
        if arg or self._identity is None:
            await super().smtp_STARTTLS(arg)
            return
        if self._connection.is_encrypted:
            await self.push("503 5.5.1 TLS is in use already")
            return
        await self.push("220 2.0.0 Ready to start TLS")
        self._handshake = Handshake(self, self._connection, self._identity, address=self._own_address())
        await self._handshake.begin()

    def put_under(self, context: ssl.SSLContext, done: asyncio.Future[None]) -> sslproto.SSLProtocol:
        """Speak through TLS from now on; `done` is set once the handshake is over."""
        self._tls_protocol = protocol = sslproto.SSLProtocol(self.loop, self, context, done, server_side=True)
        self._original_transport = self._connection.raw
        self.transport = self._connection.transport = protocol._app_transport
        return protocol

    async def smtp_QUIT(self, arg: str) -> None:
        if not arg:
            await self.push("221 2.0.0 Bye")
            self._connection.close()
        await super().smtp_QUIT(arg)
