"""A watch on the link: records the connections that a client tries, and packets to other addresses.

It also answers for unreachable addresses by ICMP, as a router would.
"""

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Callable
from typing import BinaryIO

from mailfault_servers.action import IcmpError
from mailfault_servers.facts import ConnectionAsked, StrayPacket, WireWatched
from mailfault_servers.journal import Journal
from mailfault_servers.wire.icmp import unreachable
from mailfault_servers.wire.packet import Packet, read_frame
from mailfault_servers.wire.pcap import write_frame, write_header

WIRE = "wire"
"""The server in entries that are about no server."""
_SO_TIMESTAMPNS = 35
"""Socket option, and type of its ancillary data (SCM_TIMESTAMPNS, Linux)."""
_TIME = struct.Struct("@ll")
_OUTGOING = 4
"""PACKET_OUTGOING (packet(7)): towards the client, seen from the internet's end."""
_LONGEST = 262144
_AT_ONCE = 256


class Capture:
    """Reads a packet socket at the internet's end of the link. Start and close it on the servers' loop."""

    def __init__(
        self,
        *,
        sock: socket.socket,
        journal: Journal,
        host_at: Callable[[str], str | None],
        belongs: Callable[[str], bool],
        unreachable: Callable[[str], IcmpError | None] = lambda _: None,
        router: tuple[str, str] = ("", ""),
        file: BinaryIO | None = None,
    ) -> None:
        """`host_at` returns the name of the host at an address, if there is one; `belongs` tells if an address is one
        of this world's; `unreachable` returns the ICMP error for packets to an address, sent by the `router` of these
        two addresses (IPv4, IPv6). Every frame is written to `file`, if given. The caller closes `file` and `sock`, and
        not on the servers' loop: the kernel takes 10 ms to close a packet socket, and no world would be served."""
        self._sock = sock
        self._journal = journal
        self._host_at = host_at
        self._belongs = belongs
        self._unreachable = unreachable
        self._router = router
        self._file = file
        self._asked: set[tuple[str, int | None, str, int | None]] = set()
        self._strayed: set[tuple[int, str, int | None]] = set()

    async def start(self) -> None:
        self._sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        if self._file is not None:
            write_header(self._file)
        self._journal.record(WIRE, WireWatched())
        asyncio.get_running_loop().add_reader(self._sock, self._read_some)

    async def settle(self) -> None:
        """Record all packets sent so far: the kernel delivers them before their sender goes on."""
        left = True
        while left:
            left = self._read_some() == _AT_ONCE

    async def close(self) -> None:
        if self._sock.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._sock)

    def _read_some(self) -> int:
        """Record at most _AT_ONCE frames; return how many there were."""
        for number in range(_AT_ONCE):
            try:
                frame, ancillary, _, sender = self._sock.recvmsg(_LONGEST, 64)
            except (BlockingIOError, InterruptedError):
                return number
            except OSError:  # the link is down, which is reported once
                return number
            if self._file is not None:
                write_frame(self._file, _captured_ns(ancillary), frame)
            if sender[2] == _OUTGOING:
                continue
            with contextlib.suppress(ValueError):
                if (packet := read_frame(frame)) is not None:
                    self._note(packet)
                    self._answer(packet, frame)
        return _AT_ONCE

    def _answer(self, packet: Packet, frame: bytes) -> None:
        what = self._unreachable(packet.destination)
        if what is None or packet.protocol not in ("tcp", "udp"):  # no error about an error (RFC 1122 3.2.2)
            return
        source = packet.destination if what == "port" else self._router[":" in packet.destination]
        answer = unreachable(frame, what, source)
        with contextlib.suppress(OSError):  # the link is down
            self._sock.send(answer)
        if self._file is not None:  # a packet socket does not hear itself
            write_frame(self._file, time.time_ns(), answer)

    def _note(self, packet: Packet) -> None:
        host = self._host_at(packet.destination)
        if packet.opens and host is not None:
            connection = (packet.source, packet.source_port, packet.destination, packet.destination_port)
            if connection not in self._asked:  # a SYN that gets no answer is sent again
                self._asked.add(connection)
                self._journal.record(
                    host, ConnectionAsked(address=packet.destination, port=packet.destination_port or 0)
                )
        elif not packet.for_many and not self._belongs(packet.destination):
            stray = (self._journal.attempt, packet.destination, packet.destination_port)
            if stray not in self._strayed:
                self._strayed.add(stray)
                self._journal.record(
                    WIRE,
                    StrayPacket(address=packet.destination, protocol=packet.protocol, port=packet.destination_port),
                )


def _captured_ns(ancillary: list[tuple[int, int, bytes]]) -> int:
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
            seconds, rest = _TIME.unpack_from(content)
            return int(seconds) * 1_000_000_000 + int(rest)
    return time.time_ns()
