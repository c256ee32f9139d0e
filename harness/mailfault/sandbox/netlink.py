"""Reader of the kernel's netlink answers (netlink(7))."""

import struct
from collections.abc import Iterator

ERROR, DONE = 2, 3
"""Kinds of message: an error, or an acknowledgement with error number 0; the end of a list."""
HEADER = struct.Struct("=IHHII")
"""Length, kind, flags, sequence number, port."""


def messages(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield the kind, sequence number and content of each message in a packet."""
    while len(data) >= HEADER.size:
        length, kind, _, number, _ = HEADER.unpack_from(data)
        yield kind, number, data[HEADER.size : length]
        data = data[(length + 3) & ~3 :]
