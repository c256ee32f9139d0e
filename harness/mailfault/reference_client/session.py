"""One SMTP session with one host, from the client's end (RFC 5321 3, RFC 3207).

Rules of this file:
- `stage` is the stage that the session has reached. It gives an exception its meaning.
- A limit is for a whole reply. Bytes that dribble in for ever do not extend it.
- The first digit of a reply decides (RFC 5321 4.3.2). A refusal is raised as SMTPResponseException. A reply that is
  malformed, or makes no sense at its stage, has aiosmtplib's code for that, -1.
"""

import asyncio
import contextlib
import re
import ssl
from collections.abc import Mapping

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol

from mailfault.classify.classified import CONNECT, TLS, reply_of
from mailfault.reference_client.settings import MailHost, Settings
from mailfault_servers.smtp.reply import SmtpReply, Stage

_GOING_AWAY = 421
_TLS_READY = 220
_UNREADABLE = -1
_LEADING_DOT = re.compile(rb"(?m)^\.")


class _Connection(SMTPProtocol):
    """aiosmtplib's protocol, which also keeps its last reply.

    aiosmtplib.SMTP hides too much: its data() sends command and message in one, its starttls() command and handshake,
    and its connect() raises one exception for all failures of a greeting.
    """

    last_reply: aiosmtplib.SMTPResponse | None = None

    async def read_response(
        self,
        timeout: float | None = None,  # noqa: ASYNC109  # the signature is aiosmtplib's
    ) -> aiosmtplib.SMTPResponse:
        self.last_reply = None
        self.last_reply = await super().read_response(timeout)
        return self.last_reply

    def _read_response_from_buffer(self) -> aiosmtplib.SMTPResponse | None:
        """Read one whole reply, if it is there. Raises SMTPResponseException if its lines have different codes."""
        before = bytes(self._buffer)
        response = super()._read_response_from_buffer()
        if response is not None:
            lines = before[: len(before) - len(self._buffer)].removesuffix(b"\n").split(b"\n")
            if len({line[:3] for line in lines}) > 1:
                raise aiosmtplib.SMTPResponseException(_UNREADABLE, f"one reply with several codes: {response.message}")
        return response

    @property
    def has_unsolicited_input(self) -> bool:
        """True if input is left after the replies that were due (RFC 5321 4.3.1)."""
        return bool(self._buffer)

    def has_reply(self, code: int) -> bool:
        """Return True if the last reply has this code."""
        return self.last_reply is not None and self.last_reply.code == code


class Session:
    """A session. Its methods raise aiosmtplib's exceptions, ssl.SSLError and OSError."""

    def __init__(self, host: MailHost, settings: Settings) -> None:
        self.host = host
        self.settings = settings
        self.stage: str = CONNECT
        """"connect", "tls", or a Stage of SMTP."""
        self.extensions: Mapping[str, str] = {}
        """Extensions that the host offers: keywords in lower case, with their parameters."""
        self._connection: _Connection | None = None
        self._transport: asyncio.WriteTransport | None = None
        self._below: asyncio.WriteTransport | None = None
        """The transport of the connection itself, below TLS."""
        self._answered: str = Stage.GREETING
        """The last stage whose reply was read."""

    @property
    def is_in_step(self) -> bool:
        """True if the host has answered every command, and not by 421."""
        last = self._connection.last_reply if self._connection is not None else None
        return last is not None and last.code != _GOING_AWAY

    async def connect(self) -> SmtpReply:
        """Connect, and read the greeting."""
        self.stage = CONNECT
        address, port, limit_s = self.host.address, self.settings.port, self.settings.connect_s
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(limit_s):
                self._transport, self._connection = await loop.create_connection(_Connection, address, port)
        except TimeoutError as error:
            raise TimeoutError(f"no answer from {address} port {port} within {limit_s:g} s") from error
        self._below = self._transport
        self.stage = Stage.GREETING
        return _accept(await self._connection.read_response(self.settings.command_s))

    async def hello(self) -> SmtpReply:
        """Send EHLO, and HELO if the host refuses EHLO for good (RFC 5321 3.2)."""
        self.stage = Stage.EHLO
        self.extensions = {}
        try:
            reply = await self.command("EHLO", self.settings.hello_name)
        except aiosmtplib.SMTPResponseException as refusal:
            if refusal.code < 500:
                raise
            return await self.command("HELO", self.settings.hello_name)
        offered = [line.partition(" ") for line in reply.lines[1:]]
        self.extensions = {keyword.lower(): parameters for keyword, _, parameters in offered}
        return reply

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Send STARTTLS and shake hands. Extensions offered before are forgotten (RFC 3207 4.2)."""
        self.stage = Stage.STARTTLS
        connection = self._connected()
        connection.last_reply = None
        try:
            await connection.start_tls(context, server_hostname=self.host.name, timeout=self.settings.command_s)
        except aiosmtplib.SMTPResponseException as refusal:
            words = _readable(refusal.message)
            if refusal.code < 400:  # neither 220 nor a refusal: the state of the session is unknown
                connection.last_reply = None
                raise aiosmtplib.SMTPResponseException(_UNREADABLE, f"no 220: {refusal.code} {words}") from None
            raise aiosmtplib.SMTPResponseException(refusal.code, words) from None
        except BaseException:
            if connection.has_reply(_TLS_READY):
                self.stage = TLS
                connection.last_reply = None
            raise
        if isinstance(connection.transport, asyncio.WriteTransport):
            self._transport = connection.transport
        self.extensions = {}

    @property
    def tls(self) -> ssl.SSLObject | None:
        """The TLS object of this connection, for callers that check the certificate."""
        found = self._transport.get_extra_info("ssl_object") if self._transport is not None else None
        return found if isinstance(found, ssl.SSLObject) else None

    async def mail(self, sender: str, *, message: bytes, recipients: tuple[str, ...]) -> SmtpReply:
        """Send MAIL, with the extensions that the message needs (RFC 1870, 6152, 6531)."""
        self.stage = Stage.MAIL
        options: list[str] = []
        if "size" in self.extensions:
            options.append(f"SIZE={len(message)}")
        if not message.isascii():
            if "8bitmime" not in self.extensions:
                raise aiosmtplib.SMTPNotSupported("5.6.3 the content is 8-bit, and the host does not offer 8BITMIME")
            options.append("BODY=8BITMIME")
        if not all(address.isascii() for address in (sender, *recipients)):
            if "smtputf8" not in self.extensions:
                raise aiosmtplib.SMTPNotSupported("5.6.7 an address is not ASCII, and the host does not offer SMTPUTF8")
            options.append("SMTPUTF8")
        return await self.command("MAIL", f"FROM:<{sender}>", *options)

    async def recipient(self, address: str) -> SmtpReply:
        """Send RCPT."""
        self.stage = Stage.RCPT
        return await self.command("RCPT", f"TO:<{address}>")

    async def data(self) -> SmtpReply:
        """Send DATA: ask to send the message."""
        self.stage = Stage.DATA
        return await self.command("DATA", expected=3)

    async def message(self, message: bytes) -> SmtpReply:
        """Send the message and its final dot; read their one reply. If that is lost, the host may have the message."""
        connection = self._connected()
        connection.last_reply = None
        self._check_in_step(connection)
        self.stage = Stage.END_OF_DATA
        connection.write(self.transmitted(message))
        return _accept(await connection.read_response(self.settings.command_s))

    def transmitted(self, message: bytes) -> bytes:
        """Return what is sent after the go-ahead: the message, stuffed, and its final dot (RFC 5321 4.5.2)."""
        return dot_stuffed(message) + b".\r\n"

    async def leave(self) -> None:
        """Send QUIT if the session is in step. Its outcome does not matter (RFC 5321 4.1.1.10)."""
        if self.is_in_step:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await self.quit()

    async def quit(self) -> SmtpReply:
        self.stage = Stage.QUIT
        return await self.command("QUIT")

    async def hang_up(self) -> None:
        """Close the connection in any state, and let the loop run once. May be called again."""
        transport, self._transport = self._transport, None
        if transport is None:
            return
        transport.close()  # sends close_notify under TLS
        # Do not wait for the host's close_notify: it may never come (RFC 8446 6.1). A TLS transport that was closed
        # before has forgotten its protocol and cannot abort (Python 3.11.2); the transport below it can.
        if self._below is not None:
            self._below.abort()
        await asyncio.sleep(0)  # asyncio closes the socket in its next turn

    async def command(self, verb: str, *arguments: str, expected: int = 2) -> SmtpReply:
        """Send one command; return its reply. Raises SMTPResponseException if its first digit is not `expected`."""
        connection = self._connected()
        connection.last_reply = None
        self._check_in_step(connection)
        words = [word.encode() for word in (verb, *arguments)]
        reply = _accept(await connection.execute_command(*words, timeout=self.settings.command_s), expected)
        self._answered = self.stage
        return reply

    def _check_in_step(self, connection: _Connection) -> None:
        """Raise SMTPResponseException if the host sent an unsolicited reply, at the stage of the reply before it."""
        if connection.has_unsolicited_input:
            self.stage = self._answered
            raise aiosmtplib.SMTPResponseException(_UNREADABLE, "the host said more than it was asked for")

    def _connected(self) -> _Connection:
        if self._connection is None:
            raise aiosmtplib.SMTPServerDisconnected("not connected")
        return self._connection


def dot_stuffed(message: bytes) -> bytes:
    """Return the message as it is sent, without the final dot (RFC 5321 4.5.2)."""
    return _LEADING_DOT.sub(b"..", message if message.endswith(b"\r\n") else message + b"\r\n")


def _accept(response: aiosmtplib.SMTPResponse, expected: int = 2) -> SmtpReply:
    """Return the reply. Raises SMTPResponseException if its first digit is not `expected`."""
    words = _readable(response.message)
    reply = reply_of(response.code, words)
    if reply is None:
        raise aiosmtplib.SMTPResponseException(_UNREADABLE, f"no SMTP reply: {response.code} {words}")
    if reply.code // 100 == expected:
        return reply
    if reply.is_positive:
        raise aiosmtplib.SMTPResponseException(_UNREADABLE, f"the reply makes no sense here: {reply}")
    raise aiosmtplib.SMTPResponseException(response.code, words)


def _readable(words: str) -> str:
    """Replace aiosmtplib's surrogates for bytes that are not UTF-8: they can be neither printed nor written."""
    return words.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
