"""One connection to one host: what an SMTP client says, stage after stage (RFC 5321 3)."""

import asyncio
import contextlib
import re
import socket
import ssl

import aiosmtplib

from fake_servers.smtp.reply import SmtpReply, Stage
from harness.classify.classified import CONNECT, TLS, reply_of
from harness.reference_client.settings import Envelope, MailHost, Settings
from harness.reference_client.tls import client_context

_LEADING_DOT = re.compile(rb"(?m)^\.")


class TlsUnavailable(Exception):
    """The policy asks for TLS, and this host does not offer it; nothing was sent (RFC 3207 4)."""


class ClearOnly(Exception):
    """TLS was optional and its handshake failed: this connection is spoilt, a new one may go on in clear."""


class Session:
    """A conversation. `stage` says how far it has got when something is raised."""

    def __init__(self, host: MailHost, settings: Settings) -> None:
        self.host = host
        self.settings = settings
        self.stage: str = CONNECT
        self.message_sent = False
        """The final dot went out, and no reply to it has been read: the host may have the message."""
        self._transport: asyncio.WriteTransport | None = None
        self._client = aiosmtplib.SMTP(
            hostname=host.name,
            local_hostname=settings.hello_name,
            timeout=settings.command_s,
            use_tls=False,
            start_tls=False,
        )

    async def converse(self, envelope: Envelope, *, encrypt: bool) -> dict[str, SmtpReply]:
        """Deliver, and return the reply that decided for each recipient. Raises what the network and TLS raise."""
        try:
            await self.connect()
            await self.hello()
            if encrypt:
                await self.encrypt()
            return await self.transact(envelope)
        finally:
            await self.hang_up()

    async def hang_up(self) -> None:
        """Close the connection, whatever state it is in, and let the loop see to it."""
        self._client.close()
        if self._transport is not None:
            self._transport.abort()  # close() would wait for the other side's close_notify
        for _ in range(3):
            await asyncio.sleep(0)

    async def connect(self) -> None:
        """Connect, and read the greeting."""
        self.stage = CONNECT
        family = socket.AF_INET6 if ":" in self.host.address else socket.AF_INET
        made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        made.setblocking(False)
        try:
            connecting = asyncio.get_running_loop().sock_connect(made, (self.host.address, self.settings.port))
            await asyncio.wait_for(connecting, self.settings.connect_s)
        except BaseException:
            made.close()
            raise
        self.stage = Stage.GREETING
        try:
            await self._client.connect(hostname=None, sock=made)
        finally:
            if isinstance(self._client.transport, asyncio.WriteTransport):
                self._transport = self._client.transport

    async def hello(self) -> None:
        """EHLO, and HELO where the host knows no EHLO (RFC 5321 3.2)."""
        self.stage = Stage.EHLO
        try:
            await self._client.ehlo()
        except aiosmtplib.SMTPHeloError as error:
            if error.code not in (500, 501, 502, 504, 550):
                raise
            await self._client.helo()

    async def encrypt(self) -> None:
        """STARTTLS, as far as the policy asks for it. Raises TlsUnavailable or ClearOnly."""
        if not self._client.supports_extension("starttls"):
            if self.settings.tls != "opportunistic":
                raise TlsUnavailable(f"{self.host.name} does not offer STARTTLS")
            return
        self.stage = Stage.STARTTLS
        try:
            await self._client.starttls(tls_context=self.tls_context(), server_hostname=self.host.name)
        except aiosmtplib.SMTPResponseException:
            if self.settings.tls != "opportunistic":
                raise
            return  # refused in so many words: the conversation goes on in clear
        except (aiosmtplib.SMTPException, OSError) as error:
            if self.settings.tls == "opportunistic" and self.stage == TLS:
                raise ClearOnly from error
            raise
        await self.hello()

    def tls_context(self) -> ssl.SSLContext:
        """The context for the handshake."""
        return client_context(self.settings, self._handshake_begins)

    def _handshake_begins(self) -> None:
        self.stage = TLS

    async def transact(self, envelope: Envelope) -> dict[str, SmtpReply]:
        """MAIL, RCPT and DATA (RFC 5321 3.3)."""
        everyone = envelope.recipients
        refused = await self.mail(envelope)
        if refused is not None:
            return dict.fromkeys(everyone, refused)
        replies = {}
        for recipient in everyone:
            replies[recipient] = await self.recipient(recipient)
            if replies[recipient].code == 421:  # the host is going away: that concerns all of them
                return dict.fromkeys(everyone, replies[recipient])
        accepted = [one for one in everyone if replies[one].is_positive]
        if accepted:
            said = await self.data(envelope.message)
            replies.update(dict.fromkeys(accepted, said))
        await self.leave()
        return replies

    async def mail(self, envelope: Envelope) -> SmtpReply | None:
        """MAIL; the reply, where it is a refusal."""
        self.stage = Stage.MAIL
        options = [b"SIZE=%d" % len(envelope.message)] if self._client.supports_extension("size") else []
        said = await self._command(b"MAIL", b"FROM:<%s>" % envelope.sender.encode("ascii"), *options)
        if said.is_positive:
            return None
        await self.leave()
        return said

    async def recipient(self, address: str) -> SmtpReply:
        self.stage = Stage.RCPT
        return await self._command(b"RCPT", b"TO:<%s>" % address.encode("ascii"))

    async def data(self, message: bytes) -> SmtpReply:
        """DATA and the message; the reply to the final dot, or to DATA where that was refused."""
        self.stage = Stage.DATA
        said = await self._command(b"DATA")
        if said.code != 354:
            return said
        self.stage = Stage.END_OF_DATA
        protocol = self._client.protocol
        if protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("connection lost after 354")
        protocol.write(_LEADING_DOT.sub(b"..", message) + b".\r\n")
        self.message_sent = True
        response = await protocol.read_response(timeout=self.settings.command_s)
        reply = self._read(response)
        self.message_sent = False
        return reply

    async def leave(self) -> None:
        """QUIT. What comes of it matters no more: what was to be said about the message has been said."""
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await self._client.quit()

    async def _command(self, *words: bytes) -> SmtpReply:
        return self._read(await self._client.execute_command(*words))

    def _read(self, response: aiosmtplib.SMTPResponse) -> SmtpReply:
        reply = reply_of(response.code, response.message)
        if reply is None:
            raise aiosmtplib.SMTPResponseException(response.code, response.message)
        return reply
