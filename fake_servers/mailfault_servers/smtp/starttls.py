"""STARTTLS from the 220 to the end of the handshake: asyncio's own TLS, with faults around its input and output.

Rules of this file:
- Bytes sent in place of a handshake, and changes to one, are recorded as HandshakeSpoiled: the journal says what a
  client saw, not which fault caused it.
- The certificate is recorded when it is sent, never before: a client that was cut off earlier did not refuse it.
- A failed handshake ends the session. It cannot go on in clear: neither side knows what the other read.
"""

import asyncio
import ssl
from asyncio import sslproto
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from aiosmtpd.smtp import TLSSetupException

from mailfault_servers.action import Action, Send, Wait
from mailfault_servers.facts import CertificatePresented, HandshakeSpoiled, TlsEstablished
from mailfault_servers.fault import Event
from mailfault_servers.smtp.connection import Connection
from mailfault_servers.tls.authority import Authority
from mailfault_servers.tls.certificate import CertificateSpec, CertificateWanted, Present, honest_spec
from mailfault_servers.tls.failure import tls_failed
from mailfault_servers.tls.handshake import FlightLeaving, HandshakeDue, ReadClientHello, ShakeHands
from mailfault_servers.tls.record import changes, described
from mailfault_servers.tls.settings import HONEST_SETTINGS, Offer, SettingsWanted
from mailfault_servers.tls.tlsa import records_matched

_HELLO_BYTES = 64 * 1024
_ALERT = b"\x15"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsIdentity:
    """The name and certificate that a host shows under TLS."""

    name: str
    authority: Authority
    """Issuer of the certificate."""
    dated: datetime
    """The moment that the certificate's dates are relative to."""
    has_tlsa: bool
    """TLSA records are published: the journal says which of them match the certificate."""


class TlsHost(Protocol):
    """The session that a handshake encrypts."""

    def ask(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        """Ask the host's faults what to do about an event."""
        ...

    def put_under(self, context: ssl.SSLContext, done: asyncio.Future[None]) -> sslproto.SSLProtocol:
        """Speak through TLS from now on; `done` is set once the handshake is over."""
        ...


class Handshake:
    """One handshake of one session."""

    def __init__(self, session: TlsHost, connection: Connection, identity: TlsIdentity, *, address: str | None) -> None:
        """`address` is the host's, as the client knows it."""
        self._session = session
        self._connection = connection
        self._identity = identity
        self._address = address
        self._tap: _Tap | None = None

    async def begin(self) -> None:
        """Shake hands, or do what a fault wants done instead. Return once the session is under TLS.

        Raises TLSSetupException if the handshake fails.
        """
        connection = self._connection
        for action in self._session.ask(HandshakeDue(), (ShakeHands(),)):
            match action:
                case ShakeHands():
                    await self._shake_hands()
                    return
                case ReadClientHello():
                    await connection.reader.read(_HELLO_BYTES)
                case Send(data):
                    connection.record(HandshakeSpoiled(what=described(data)))
                    connection.raw.write(data)
                case _:
                    await connection.run_actions((action,))
        await connection.discard_input()  # until the client ends it: that cancels this

    def stop(self) -> None:
        """Drop the actions that are still to be run."""
        if self._tap is not None:
            self._tap.stop()

    async def _shake_hands(self) -> None:
        connection = self._connection
        reader: Any = connection.reader
        reader._buffer.clear()  # discard what was sent before TLS (RFC 3207 4.2)
        reader._maybe_resume_transport()  # if there was much of it
        if reader.at_eof():  # its FIN came with STARTTLS: TLS would never see it
            self._failed(None)
            raise TLSSetupException
        spec, context = self._agreed()
        done = asyncio.get_running_loop().create_future()
        protocol = self._session.put_under(context, done)
        self._tap = _Tap(
            connection.raw, on_flight=lambda number, data: self._on_flight(number, data, protocol, spec),
            last_words=lambda: _last_words(protocol), run_actions=connection.run_actions,
        )  # fmt: skip
        connection.raw.set_protocol(protocol)
        protocol.connection_made(self._tap)  # type: ignore[arg-type]
        try:
            await done
        except Exception as error:
            self._failed(error)
            raise TLSSetupException from error
        finally:
            self._tap.stop_asking()
        established = protocol._extra.get("ssl_object")
        if established is None:
            self._failed(None)
            raise TLSSetupException
        connection.record(TlsEstablished(version=established.version()))

    def _agreed(self) -> tuple[CertificateSpec, ssl.SSLContext]:
        """Choose the certificate and the context of this handshake, as the faults want them."""
        name, now = self._identity.name, self._identity.dated
        honest = (Present(honest_spec(name, now)),)
        presented = self._session.ask(CertificateWanted(host=name, now=now, address=self._address), honest)
        spec = next(action.spec for action in presented if isinstance(action, Present))
        offered = self._session.ask(SettingsWanted(now=now), (Offer(HONEST_SETTINGS),))
        settings = next(action.settings for action in offered if isinstance(action, Offer))
        self._nameless = settings.nameless
        self._context = self._identity.authority.context(spec, settings)
        return spec, self._context

    def _on_flight(self, number: int, data: bytes, protocol: Any, spec: CertificateSpec) -> Sequence[Action]:
        if number == 1:
            has_name = protocol._sslobj.context is self._context
            self._record_certificate(spec if has_name or self._nameless is None else self._nameless)
        actions = self._session.ask(FlightLeaving(number=number), (Send(data),))
        what = changes(data, b"".join(action.data for action in actions if isinstance(action, Send)))
        if what is not None:
            self._connection.record(HandshakeSpoiled(what=what))
        return actions

    def _record_certificate(self, shown: CertificateSpec) -> None:
        identity = self._identity
        found = identity.authority.findings(shown, host=identity.name, now=identity.dated)
        tlsa = records_matched(identity.authority.chain(shown)) if identity.has_tlsa else ()
        self._connection.record(CertificatePresented(problems=found.problems, doubts=found.doubts, tlsa=tlsa))

    def _failed(self, error: BaseException | None) -> None:
        if self._tap is not None and self._tap.is_waiting:
            self._connection.went_silent()
        self.stop()
        self._connection.record_end(tls_failed(error))


class _Tap:
    """The transport that asyncio's TLS writes to. During the handshake each flight passes the faults first."""

    def __init__(
        self,
        transport: asyncio.Transport,
        *,
        on_flight: Callable[[int, bytes], Sequence[Action]],
        last_words: Callable[[], bytes],
        run_actions: Callable[[Sequence[Action]], Awaitable[None]],
    ) -> None:
        self._transport = transport
        self._on_flight = on_flight
        self._last_words = last_words
        self._run_actions = run_actions
        self._flights = 0
        self._asks = True
        self._due: deque[Action] = deque()
        self._task: asyncio.Task[None] | None = None
        self.is_waiting = False
        """An action keeps the client waiting."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        actions: Sequence[Action] = (Send(bytes(data)),)
        if self._asks and data[:1] != _ALERT:
            self._flights += 1
            actions = self._on_flight(self._flights, bytes(data))
        if self._task is None and len(actions) == 1 and isinstance(actions[0], Send):
            self._transport.write(actions[0].data)
            return
        self._due.extend(actions)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())

    def stop_asking(self) -> None:
        """Stop asking the faults: the handshake is over."""
        self._asks = False

    def stop(self) -> None:
        """Drop the actions that are still to be run."""
        self._due.clear()
        if self._task is not None:
            self._task.cancel()

    async def _work(self) -> None:
        while self._due:
            match self._due.popleft():
                case Send(data):
                    self._transport.write(data)  # asyncio sets TCP_NODELAY: a segment of its own
                case Wait(length_s):
                    self.is_waiting = True
                    await asyncio.sleep(length_s)
                    self.is_waiting = False
                case action:
                    await self._run_actions((action,))
        self._task = None

    def _force_close(self, error: BaseException) -> None:
        # asyncio closes without sending the alert that OpenSSL has ready: https://github.com/python/cpython/issues/98078
        if words := self._last_words():
            self._transport.write(words)
        self._transport._force_close(error)  # type: ignore[attr-defined]


def _last_words(protocol: Any) -> bytes:
    """Take the bytes that OpenSSL has not sent yet: after a failure, the alert (RFC 8446 6.2)."""
    return bytes(protocol._outgoing.read())
