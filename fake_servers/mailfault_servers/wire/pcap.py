"""Captured frames as a file that Wireshark and tcpdump read: pcap with nanoseconds (draft-ietf-opsawg-pcap)."""

import struct
from typing import BinaryIO

_MAGIC = 0xA1B23C4D
_LONGEST = 262144
_ETHERNET = 1


def write_header(file: BinaryIO) -> None:
    """Begin a file."""
    file.write(struct.pack("=IHHiIII", _MAGIC, 2, 4, 0, 0, _LONGEST, _ETHERNET))


def write_frame(file: BinaryIO, at_ns: int, frame: bytes) -> None:
    """Add one frame, captured at that many nanoseconds since 1970."""
    seconds, rest = divmod(at_ns, 1_000_000_000)
    file.write(struct.pack("=IIII", seconds, rest, len(frame), len(frame)) + frame)
