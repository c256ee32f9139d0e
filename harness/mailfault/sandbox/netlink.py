"""Reading what the kernel answers over netlink (netlink(7))."""

import struct
from collections.abc import Iterator

ERROR, DONE = 2, 3
"""Kinds of message: an error, or with number 0 an acknowledgement; the end of a list."""
HEADER = struct.Struct("=IHHII")
"""Length, kind, flags, number, port."""


def messages(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Kind, number and content of each message in a packet."""
    while len(data) >= HEADER.size:
        length, kind, _, number, _ = HEADER.unpack_from(data)
        yield kind, number, data[HEADER.size : length]
        data = data[(length + 3) & ~3 :]
