"""One name server, asked by UDP, a second time after no usable answer, and by TCP after a truncated one.

Datagrams that do not answer the query are ignored (RFC 5452 9.1). The second query has no EDNS, for servers and
firewalls that do not support it (RFC 6891 7). A SERVFAIL causes a second query, too.
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
"""Share of the whole limit after which the second query is sent."""
_PAYLOAD = 1232
"""Bytes of UDP payload that the client accepts: a size that passes everywhere (DNS flag day 2020)."""
_ASK_AGAIN = (dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.BADVERS, dns.rcode.SERVFAIL)


class Unanswerable(dns.exception.DNSException):
    """The response is an error code, or not a DNS message."""


class NameServer:
    """A name server at one address and port. `limit_s` bounds all that is done about one question."""

    def __init__(self, address: str, port: int, *, limit_s: float, flags: int) -> None:
        self._where = address, port
        self._limit_s = limit_s
        self._flags = flags

    async def ask(self, name: dns.name.Name, kind: str) -> dns.message.Message:
        """Return a response with NOERROR. Raises NXDOMAIN, LifetimeTimeout, or Unanswerable for everything else."""
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
        """Send both queries with one id from one socket, so that a late answer to the first still counts."""
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
