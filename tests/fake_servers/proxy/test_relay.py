"""The relay of a proxied connection, with a plain server behind it in place of a proxy."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from mailfault_servers.clock import SystemClock
from mailfault_servers.facts import FaultActed, LinkEnded, PortOpened
from mailfault_servers.fault import Faults, find_fault
from mailfault_servers.journal import Journal
from mailfault_servers.loop import run_on_loop
from mailfault_servers.network import HostNetwork
from mailfault_servers.proxy.relay import FAILED, Relay

NAME = "mx1.dest.example"


class Upper:
    """A server that greets, echoes everything in capitals, and closes with the client."""

    def __init__(self) -> None:
        self.heard = bytearray()
        self.server: asyncio.Server | None = None

    async def start(self, sock: socket.socket) -> None:
        self.server = await asyncio.start_server(self._serve, sock=sock)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                self.heard += data
                writer.write(data.upper())
                await writer.drain()
            writer.close()
            await writer.wait_closed()

    async def close(self) -> None:
        assert self.server is not None
        self.server.close()
        await asyncio.sleep(0)


@contextlib.contextmanager
def relayed(*faults: dict[str, Any], toxics: tuple[str, ...] = ()) -> Iterator[tuple[Relay, Upper]]:
    public, hidden = (HostNetwork().smtp_sockets((address,))[0] for address in ("127.0.0.10", "127.0.0.3"))
    behind, clock = Upper(), SystemClock()
    journal = Journal(clock)
    built = [find_fault(str(fault.pop("use"))).model_validate(fault) for fault in faults]
    upstream = hidden.getsockname()[:2]
    relay = Relay(
        name=NAME,
        sock=public,
        upstream=(str(upstream[0]), int(upstream[1])),
        faults=Faults(built, server=NAME, journal=journal, clock=clock),
        journal=journal,
        toxics=toxics,
    )
    run_on_loop(behind.start(hidden))
    run_on_loop(relay.start())
    try:
        yield relay, behind
    finally:
        run_on_loop(relay.close())
        run_on_loop(behind.close())


def connected(relay: Relay) -> AbstractContextManager[socket.socket]:
    (opened,) = [entry.fact for entry in relay.journal if isinstance(entry.fact, PortOpened)]
    assert opened.address == "127.0.0.10"
    made = socket.create_connection(relay.endpoint)  # without a limit: it returns before a reset can come
    made.settimeout(5.0)
    return made


def read_all(sock: socket.socket) -> bytes:
    """Read to the end. A reset is returned as the word RST."""
    read = b""
    try:
        while data := sock.recv(65536):
            read += data
    except ConnectionResetError:
        read += b"RST"
    return read


def ended(relay: Relay) -> list[tuple[int | None, LinkEnded]]:
    run_on_loop(relay.settle(5.0))
    return [(entry.session, entry.fact) for entry in relay.journal if isinstance(entry.fact, LinkEnded)]


def test_everything_passes_and_is_counted() -> None:
    with relayed(toxics=("proxy.latency",)) as (relay, behind):
        with connected(relay) as sock:
            sock.sendall(b"quit")
            sock.shutdown(socket.SHUT_WR)
            assert read_all(sock) == b"220 hello\r\nQUIT"
        assert behind.heard == b"quit"
        ((session, end),) = ended(relay)
        assert (session, end.by, end.how, end.from_client_bytes) == (1, "client", "fin", 4)
        acted = [(entry.session, entry.fact) for entry in relay.journal if isinstance(entry.fact, FaultActed)]
        assert acted == [(1, FaultActed(fault="proxy.latency", at="link"))]


def test_the_first_connection_fails_and_the_second_is_the_hosts_first() -> None:
    with relayed({"use": "proxy.fails-first", "count": 1}) as (relay, _):
        with connected(relay) as sock:
            assert read_all(sock) == b"RST"
        with connected(relay) as sock:
            assert sock.recv(100) == b"220 hello\r\n"
        assert [(session, fact.by) for session, fact in ended(relay)] == [(FAILED, "host"), (1, "client")]


@pytest.mark.parametrize(("how", "last"), [("close", b""), ("reset", b"RST")])
def test_a_cut_at_a_byte(how: str, last: bytes) -> None:
    with relayed({"use": "proxy.cut", "after_bytes": 5, "how": how}) as (relay, _):
        with connected(relay) as sock:
            got = read_all(sock)
        assert got in (b"220 h" + last, last)  # what has not been read is lost with a reset (RFC 9293 3.5.2)
        assert ended(relay) == [
            (1, LinkEnded(by="host", how="rst" if last else "fin", to_client_bytes=5, from_client_bytes=0))
        ]


def test_a_direction_goes_dead_while_the_other_lives() -> None:
    with relayed({"use": "proxy.cut", "stream": "downstream", "at": "ehlo", "how": "silent"}) as (relay, behind):
        with connected(relay) as sock:
            assert sock.recv(100) == b"220 hello\r\n"
            sock.sendall(b"EHLO c\r\n")
            sock.settimeout(0.1)
            with pytest.raises(TimeoutError):
                sock.recv(100)
            sock.sendall(b"MAIL FROM:<a@b>\r\n")
        assert ended(relay) == [(1, LinkEnded(by="client", how="fin", to_client_bytes=11, from_client_bytes=25))]
        assert behind.heard == b"EHLO c\r\nMAIL FROM:<a@b>\r\n"


def test_nothing_behind_it_resets_the_client() -> None:
    with relayed() as (relay, behind):
        run_on_loop(behind.close())
        with connected(relay) as sock:
            assert read_all(sock) == b"RST"
        assert [fact.by for _, fact in ended(relay)] == ["host"]


def test_down_it_refuses() -> None:
    with relayed({"use": "proxy.down"}) as (relay, _), pytest.raises(ConnectionRefusedError):
        connected(relay)


def test_a_large_message_passes_with_little_held_in_between() -> None:
    data = bytes(range(256)) * 8_000
    with relayed() as (relay, behind), connected(relay) as sock:
        assert sock.recv(100) == b"220 hello\r\n"

        def send() -> None:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)

        thread = threading.Thread(target=send)
        thread.start()
        assert read_all(sock) == data.upper()
        thread.join()
        assert behind.heard == data
