"""The watch, fed by a socket pair in place of a packet socket."""

import io
import socket
from typing import Self

import pytest

from mailfault_servers.clock import SystemClock
from mailfault_servers.facts import ConnectionAsked, Fact, StrayPacket, WireWatched
from mailfault_servers.journal import Journal
from mailfault_servers.loop import run_on_loop
from mailfault_servers.wire.capture import WIRE, Capture
from tests.fake_servers.wire.frames import ACK, SERVER_V4, SYN, ipv4, tcp, udp


class Fed:
    """A capture of frames that the test writes, each seen as one that comes from the client."""

    def __init__(self, *, unreachable: str | None = None, file: io.BytesIO | None = None) -> None:
        self.journal = Journal(SystemClock())
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.link = theirs
        ours.setblocking(False)
        self.incoming = _Incoming(ours)
        self.capture = Capture(
            sock=self.incoming,
            journal=self.journal,
            host_at={SERVER_V4: "mx1"}.get,
            belongs=lambda address: address.startswith("198.18."),
            unreachable=lambda _: unreachable,  # type: ignore[arg-type,return-value]
            router=("198.19.0.1", "2001:2:0:2::1"),
            file=file,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.link.close()
        self.incoming.close()

    def sees(self, *frames: bytes) -> list[tuple[str, Fact]]:
        async def watch() -> None:
            await self.capture.start()
            for frame in frames:
                self.link.send(frame)
            await self.capture.settle()
            await self.capture.close()

        run_on_loop(watch())
        return [(entry.server, entry.fact) for entry in self.journal]


class _Incoming(socket.socket):
    """A socket whose frames all come in, as a packet socket says it (packet(7))."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock.family, sock.type, sock.proto, sock.detach())

    def recvmsg(self, *sizes: int) -> tuple[bytes, list[tuple[int, int, bytes]], int, tuple[str, int, int]]:
        data, ancillary, flags, _ = super().recvmsg(*sizes)
        return data, ancillary, flags, ("mailfault0", 0x0800, 0)


def test_a_connection_is_noted_once_however_often_it_is_asked_for() -> None:
    again = ipv4(tcp(SYN), 6)
    other = ipv4(tcp(SYN, source=40001), 6)
    with Fed() as fed:
        assert fed.sees(again, again, ipv4(tcp(ACK), 6), other) == [
            (WIRE, WireWatched()),
            ("mx1", ConnectionAsked(address=SERVER_V4, port=25)),
            ("mx1", ConnectionAsked(address=SERVER_V4, port=25)),
        ]


def test_what_leaves_for_elsewhere_is_noted_once() -> None:
    out = ipv4(tcp(SYN), 6, destination="192.0.2.25")
    many = ipv4(udp(), 17, destination="224.0.0.251")
    with Fed() as fed:
        noted = fed.sees(out, out, many)[1:]
    assert noted == [(WIRE, StrayPacket(address="192.0.2.25", protocol="tcp", port=25))]


def test_what_cannot_be_reached_is_answered_and_both_are_kept() -> None:
    file = io.BytesIO()
    with Fed(unreachable="host", file=file) as fed:
        fed.sees(ipv4(tcp(SYN), 6))
        fed.link.settimeout(10)
        answer = fed.link.recv(2000)
    assert (answer[34], answer[35]) == (3, 1)
    assert ipv4(tcp(SYN), 6) in file.getvalue()
    assert answer in file.getvalue()


def test_an_error_about_an_error_is_not_sent() -> None:
    with Fed(unreachable="host") as fed:
        fed.sees(ipv4(b"\x03\x03\0\0", 1))
        fed.link.setblocking(False)
        with pytest.raises((BlockingIOError, ConnectionResetError)):
            fed.link.recv(2000)
