"""Captured frames as a file for Wireshark and tcpdump: pcap with nanoseconds (draft-ietf-opsawg-pcap)."""

import struct
from typing import BinaryIO

_MAGIC = 0xA1B23C4D
_LONGEST = 262144
_ETHERNET = 1


def write_header(file: BinaryIO) -> None:
    """Write the header of a file."""
    file.write(struct.pack("=IHHiIII", _MAGIC, 2, 4, 0, 0, _LONGEST, _ETHERNET))


def write_frame(file: BinaryIO, at_ns: int, frame: bytes) -> None:
    """Write one frame, captured at `at_ns` nanoseconds since 1970."""
    seconds, rest = divmod(at_ns, 1_000_000_000)
    file.write(struct.pack("=IIII", seconds, rest, len(frame), len(frame)) + frame)
