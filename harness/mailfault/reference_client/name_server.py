"""One name server, and how a question is put to it: UDP, once more where no use came of it, TCP where it does not fit.

What does not answer the question is passed over and listening goes on (RFC 5452 9.1). The second time the question goes
without EDNS, for a server or firewall that cannot bear that (RFC 6891 7); a SERVFAIL is asked about once more, too.
"""

import asyncio
import socket
import time

import dns.asyncbackend
import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.resolver
from dns._asyncbackend import DatagramSocket

_FIRST_SHARE = 0.4
"""Of the whole limit, how long to wait before the question is put again."""
_PAYLOAD = 1232
"""Bytes of UDP payload that are asked for: what passes everywhere (DNS flag day 2020)."""
_ASK_AGAIN = (dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.BADVERS, dns.rcode.SERVFAIL)


class Unanswerable(dns.exception.DNSException):
    """An answer came that is none: an error code, or no message."""


class NameServer:
    """Asks one address and port. `limit_s` bounds a question with all that is done about it."""

    def __init__(self, address: str, port: int, *, limit_s: float, flags: int) -> None:
        self._where = address, port
        self._limit_s = limit_s
        self._flags = flags

    async def ask(self, name: dns.name.Name, kind: str) -> dns.message.Message:
        """The answer, NOERROR. Raises NXDOMAIN, LifetimeTimeout, or Unanswerable for all else."""
        try:
            response = await self._exchange(name, kind)
        except dns.exception.Timeout as error:
            raise dns.resolver.LifetimeTimeout(timeout=self._limit_s, errors=[]) from error  # type: ignore[no-untyped-call]
        except (OSError, EOFError, ValueError, dns.exception.DNSException) as error:
            raise Unanswerable(f"{kind} of {name}: {error or type(error).__name__}") from error  # type: ignore[no-untyped-call]
        if response.rcode() == dns.rcode.NXDOMAIN:
            raise dns.resolver.NXDOMAIN(qnames=[name], responses={name: response})  # type: ignore[no-untyped-call]
        if response.rcode() != dns.rcode.NOERROR:
            raise Unanswerable(f"{kind} of {name}: {dns.rcode.to_text(response.rcode())}")  # type: ignore[no-untyped-call]
        return response

    async def _exchange(self, name: dns.name.Name, kind: str) -> dns.message.Message:
        """Both questions have one id and one socket, so that a late answer to the first is an answer still."""
        end = time.monotonic() + self._limit_s
        first = dns.message.make_query(name, kind, flags=self._flags, use_edns=0, payload=_PAYLOAD)
        plain = dns.message.make_query(name, kind, flags=self._flags, use_edns=False, id=first.id)
        backend = dns.asyncbackend.get_default_backend()
        async with await backend.make_socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:  # type: ignore[no-untyped-call]
            try:
                response = await self._ask_once(first, sock, self._limit_s * _FIRST_SHARE, end)
                if response.rcode() not in _ASK_AGAIN:
                    return response
            except dns.exception.Timeout:
                pass
            return await self._ask_once(plain, sock, end - time.monotonic(), end)

    async def _ask_once(
        self,
        query: dns.message.Message,
        sock: DatagramSocket,
        patience_s: float,
        end: float,
    ) -> dns.message.Message:
        address, port = self._where
        try:
            return await dns.asyncquery.udp(
                query,
                address,
                timeout=max(0.0, patience_s),
                port=port,
                sock=sock,
                ignore_unexpected=True,
                ignore_errors=True,
                ignore_trailing=True,
                raise_on_truncation=True,
            )
        except dns.message.Truncated:
            rest_s = max(0.0, end - time.monotonic())
        try:
            async with asyncio.timeout(rest_s):
                return await dns.asyncquery.tcp(query, address, port=port, ignore_trailing=True)
        except dns.exception.Timeout as error:
            raise Unanswerable(f"over TCP: {error}") from error  # type: ignore[no-untyped-call]
        except TimeoutError as error:
            raise Unanswerable("no answer over TCP") from error  # type: ignore[no-untyped-call]
