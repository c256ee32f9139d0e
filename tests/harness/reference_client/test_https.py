"""One HTTPS request, answered by servers that say this and that."""

import asyncio
import ssl
from datetime import UTC, datetime

import pytest

from mailfault.reference_client.https import HttpError, Response, get
from mailfault_servers.tls.authority import shared_authority
from mailfault_servers.tls.certificate import honest_spec

HOST = "mta-sts.dest.example"


def fetch(answer: bytes, *, max_bytes: int = 1000, limit_s: float = 5.0, hang: bool = False) -> Response:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
            if hang:
                await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        writer.close()

    async def both() -> Response:
        authority = shared_authority()
        server_context = authority.context(honest_spec(HOST, datetime.now(UTC)))
        context = ssl.create_default_context(cadata=authority.root_pem.decode())
        async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_context) as server:
            port = server.sockets[0].getsockname()[1]
            return await get(
                "127.0.0.1", port, host=HOST, path="/", context=context, max_bytes=max_bytes, limit_s=limit_s
            )

    return asyncio.run(both())


@pytest.mark.parametrize("length", [b"Content-Length: 2\r\n", b""])
def test_a_body_with_and_without_its_length(length: bytes) -> None:
    response = fetch(b"HTTP/1.1 200 OK\r\nContent-Type: Text/Plain; charset=utf-8\r\n" + length + b"\r\nhi")
    assert (response.status, response.media_type, response.body) == (200, "text/plain", b"hi")


def test_what_comes_after_the_body_does_not_matter() -> None:
    assert fetch(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nhi there", hang=True).body == b"hi"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ncut",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + b"x" * 1001,
        b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n" + b"x" * 1001,
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
)
def test_what_is_no_answer(answer: bytes) -> None:
    with pytest.raises(HttpError):
        fetch(answer)


def test_the_limit_is_for_all_of_it() -> None:
    with pytest.raises(TimeoutError):
        fetch(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", limit_s=0.3, hang=True)
