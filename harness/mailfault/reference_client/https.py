"""One HTTPS request by HTTP/1.0, so that the response is not chunked (RFC 9112 6.1).

The head is parsed with http.client. With h11 this module was longer (73 lines for 70), and importing h11 takes 11 ms.
"""

import asyncio
import http.client
import io
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

_MAX_HEAD_BYTES = 16384


class HttpError(Exception):
    """The response is no HTTP, or too long."""


@dataclass(frozen=True, slots=True)
class Response:
    """A response."""

    status: int
    headers: Mapping[str, str]
    """By name, in lower case."""
    body: bytes

    @property
    def media_type(self) -> str:
        """Media type of the body, without its parameters (RFC 9110 8.3.1)."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


async def get(
    address: str, port: int, *, host: str, path: str, context: ssl.SSLContext, max_bytes: int, limit_s: float
) -> Response:
    """Fetch a path from a host at this address, within `limit_s` seconds for all of it.

    Redirects are not followed. Raises HttpError, OSError (TimeoutError and ssl.SSLError among them).
    """
    raw: asyncio.BaseTransport | None = None
    try:
        async with asyncio.timeout(limit_s):
            reader, writer = await asyncio.open_connection(address, port, limit=_MAX_HEAD_BYTES + max_bytes)
            raw = writer.transport
            await writer.start_tls(context, server_hostname=host)
            writer.write(f"GET {path} HTTP/1.0\r\nHost: {host}\r\nAccept: text/plain\r\n\r\n".encode("ascii"))
            return await _read(reader, max_bytes)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, http.client.HTTPException, ValueError) as error:
        raise HttpError(f"{host} did not answer in HTTP: {error}") from error
    finally:
        if isinstance(raw, asyncio.WriteTransport):
            raw.abort()
            for _ in range(2):  # asyncio tells TLS in one turn and closes the socket in the next
                await asyncio.sleep(0)


async def _read(reader: asyncio.StreamReader, max_bytes: int) -> Response:
    first = (await reader.readline()).decode("latin-1").split(maxsplit=2)
    if len(first) < 2 or not first[0].startswith("HTTP/1.") or not first[1].isdigit():
        raise HttpError("no status line")
    head = await reader.readuntil(b"\r\n\r\n")
    headers = {name.lower(): value for name, value in http.client.parse_headers(io.BytesIO(head)).items()}
    length = int(headers["content-length"]) if "content-length" in headers else None
    if length is not None and length > max_bytes:
        raise HttpError(f"{length} bytes, more than {max_bytes}")
    body = await reader.readexactly(length) if length is not None else await reader.read(max_bytes + 1)
    while length is None and len(body) <= max_bytes and (more := await reader.read(max_bytes)):
        body += more
    if len(body) > max_bytes:
        raise HttpError(f"more than {max_bytes} bytes")
    return Response(status=int(first[1]), headers=headers, body=body)
