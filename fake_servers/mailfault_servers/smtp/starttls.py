"""From the 220 to the end of the handshake: asyncio's own TLS, with the faults around what goes into it and comes out.

Rules of this file:
- What is said in place of a handshake, and what is changed in one, is noted as HandshakeSpoiled: the journal tells what
  a client saw, not which fault made it.
- The certificate is noted when it leaves, never before: a client that was cut off earlier did not refuse it.
- A handshake that comes to nothing ends the session. It cannot go on in clear: neither side knows what the other read.
"""

import asyncio
import ssl
from asyncio import sslproto
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import TLSSetupException

from mailfault_servers.action import Action, Send, Wait
from mailfault_servers.facts import CertificatePresented, Fact, HandshakeSpoiled, TlsEstablished, TlsFailed, WentSilent
from mailfault_servers.fault import Event
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.tls.alert import client_alert
from mailfault_servers.tls.authority import Authority
from mailfault_servers.tls.certificate import CertificateSpec, CertificateWanted, Present, honest_spec
from mailfault_servers.tls.handshake import FlightLeaving, HandshakeDue, ReadClientHello, ShakeHands
from mailfault_servers.tls.record import changes, described
from mailfault_servers.tls.settings import HONEST_TERMS, Offer, TermsWanted
from mailfault_servers.tls.tlsa import records_matched

if TYPE_CHECKING:
    from mailfault_servers.smtp.session import SmtpSession

CarryOut = Callable[[Sequence[Action]], Awaitable[None]]
_HELLO_BYTES = 64 * 1024
_ALERT = b"\x15"
_LOST = "the connection was lost in the handshake"


class Handshake:
    """One handshake of one session."""

    def __init__(
        self,
        session: "SmtpSession",
        *,
        reader: asyncio.StreamReader,
        transport: asyncio.Transport,
        name: str,
        authority: Authority,
        has_tlsa: bool,
        now: datetime,
        address: str | None,
        ask: Callable[[Event, Sequence[Action]], Sequence[Action]],
        record: Callable[[Fact], None],
        carry_out: CarryOut,
    ) -> None:
        self._session = session
        self._reader = reader
        self._transport = transport
        self._ask = ask
        self._record = record
        self._carry_out = carry_out
        self._name = name
        self._authority = authority
        self._has_tlsa = has_tlsa
        self._now = now
        self._address = address
        self._tap: _Tap | None = None

    async def begin(self) -> None:
        """Shake hands, or do what a fault wants done instead. Returns once the session is under TLS.

        Raises TLSSetupException where it never will be.
        """
        for action in self._ask(HandshakeDue(), (ShakeHands(),)):
            match action:
                case ShakeHands():
                    await self._shake_hands()
                    return
                case ReadClientHello():
                    await self._reader.read(_HELLO_BYTES)
                case Send(data):
                    self._record(HandshakeSpoiled(what=described(data)))
                    self._transport.write(data)
                case _:
                    await self._carry_out((action,))
        await self._session.heed_no_more()  # until the client ends it: that cancels this

    def stop(self) -> None:
        """Do nothing more of what is still to be done."""
        if self._tap is not None:
            self._tap.stop()

    async def _shake_hands(self) -> None:
        self._reader._buffer.clear()  # type: ignore[attr-defined]  # said before TLS: not to be heeded (RFC 3207 4.2)
        self._reader._maybe_resume_transport()  # type: ignore[attr-defined]  # where there was much of it
        if self._reader.at_eof():  # its FIN came with STARTTLS: TLS would never hear of it
            self._failed(None)
            raise TLSSetupException
        spec, context = self._agreed()
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        protocol = sslproto.SSLProtocol(loop, self._session, context, waiter, server_side=True)
        self._tap = _Tap(
            self._transport, on_flight=lambda number, data: self._on_flight(number, data, protocol, spec),
            last_words=lambda: _last_words(protocol), carry_out=self._carry_out,
        )  # fmt: skip
        self._session.put_under(protocol)
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._tap)  # type: ignore[arg-type]
        try:
            await waiter
        except Exception as error:
            self._failed(error)
            raise TLSSetupException from error
        finally:
            self._tap.only_pass()
        established = protocol._extra.get("ssl_object")
        if established is None:
            self._failed(None)
            raise TLSSetupException
        self._record(TlsEstablished(version=established.version()))

    def _agreed(self) -> tuple[CertificateSpec, ssl.SSLContext]:
        """The certificate and the context of this handshake, as the faults want them."""
        honest = (Present(honest_spec(self._name, self._now)),)
        presented = self._ask(CertificateWanted(host=self._name, now=self._now, address=self._address), honest)
        spec = next(one.spec for one in presented if isinstance(one, Present))
        offered = self._ask(TermsWanted(now=self._now), (Offer(HONEST_TERMS),))
        terms = next(one.terms for one in offered if isinstance(one, Offer))
        self._nameless = terms.nameless
        self._context = self._authority.context(spec, terms)
        return spec, self._context

    def _on_flight(self, number: int, data: bytes, protocol: Any, spec: CertificateSpec) -> Sequence[Action]:
        if number == 1:
            nameless = protocol._sslobj.context is not self._context and self._nameless is not None
            shown = self._nameless if nameless and self._nameless is not None else spec
            found = self._authority.findings(shown, host=self._name, now=self._now)
            tlsa = records_matched(self._authority.chain(shown)) if self._has_tlsa else ()
            self._record(CertificatePresented(problems=found.problems, doubts=found.doubts, tlsa=tlsa))
        actions = self._ask(FlightLeaving(number=number), (Send(data),))
        what = changes(data, b"".join(one.data for one in actions if isinstance(one, Send)))
        if what is not None:
            self._record(HandshakeSpoiled(what=what))
        return actions

    def _failed(self, error: BaseException | None) -> None:
        if self._tap is not None and self._tap.is_waiting:
            self._record(WentSilent(stage=Stage.STARTTLS))
        self.stop()
        alert = client_alert(error) if isinstance(error, ssl.SSLError) else None
        self._session.end_in_tls(TlsFailed(reason=tls_reason(error), alert=alert))


class _Tap:
    """The transport that asyncio's TLS writes to: within the handshake, each flight passes the faults first."""

    def __init__(
        self,
        transport: asyncio.Transport,
        *,
        on_flight: Callable[[int, bytes], Sequence[Action]],
        last_words: Callable[[], bytes],
        carry_out: CarryOut,
    ) -> None:
        self._transport = transport
        self._on_flight = on_flight
        self._last_words = last_words
        self._carry_out = carry_out
        self._flights = 0
        self._asks = True
        self._due: deque[Action] = deque()
        self._task: asyncio.Task[None] | None = None
        self.is_waiting = False
        """Whether the client is being kept waiting just now."""

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

    def only_pass(self) -> None:
        """The handshake is over: ask no more."""
        self._asks = False

    def stop(self) -> None:
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
                    await self._carry_out((action,))
        self._task = None

    def _force_close(self, error: BaseException) -> None:
        # asyncio closes without sending the alert that OpenSSL has ready: https://github.com/python/cpython/issues/98078
        if words := self._last_words():
            self._transport.write(words)
        self._transport._force_close(error)  # type: ignore[attr-defined]


def _last_words(protocol: Any) -> bytes:
    """What OpenSSL still wants to have sent: after a failure, the alert (RFC 8446 6.2)."""
    return bytes(protocol._outgoing.read())


def tls_reason(error: BaseException | None) -> str:
    """Why TLS broke down, in OpenSSL's words where it has any."""
    if isinstance(error, ssl.SSLError):
        return (getattr(error, "reason", None) or str(error)).lower().replace("_", " ")
    if error is None or isinstance(error, ConnectionError):
        return _LOST
    return type(error).__name__
