"""Pure functions from the bytes of an honest answer to those of a broken one, which no codec would write.

A DNS message is a header of 12 bytes (id, flags, four counts), the question, and records (RFC 1035 4.1).
"""

import struct

_HEADER = 12
_QUESTION_TAIL = 4
GARBAGE = b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"
"""The greeting of another service."""


def with_other_id(message: bytes) -> bytes:
    """Replace the id."""
    (number,) = struct.unpack("!H", message[:2])
    return struct.pack("!H", number ^ 0x5555) + message[2:]


def about_another_name(message: bytes) -> bytes:
    """Change one letter of the question; names in records that point there change too."""
    first = message[_HEADER + 1]
    other = ord("x") if first != ord("x") else ord("y")
    return message[: _HEADER + 1] + bytes((other,)) + message[_HEADER + 2 :]


def without_question(message: bytes) -> bytes:
    """Return the header alone, with all counts 0."""
    return message[:4] + bytes(8)


def with_more_answers_counted(message: bytes) -> bytes:
    """Add three to ANCOUNT."""
    (count,) = struct.unpack("!H", message[6:8])
    return message[:6] + struct.pack("!H", count + 3) + message[8:]


def with_compression_loop(message: bytes) -> bytes:
    """Keep header and question, and add one answer whose name is a pointer to itself."""
    end = _end_of_question(message)
    name = struct.pack("!H", 0xC000 | end)
    record = name + struct.pack("!HHIH", 1, 1, 60, 4) + bytes((127, 0, 0, 1))
    return message[:6] + struct.pack("!HHH", 1, 0, 0) + message[_HEADER:end] + record


def _end_of_question(message: bytes) -> int:
    place = _HEADER
    while message[place]:
        place += message[place] + 1
    return place + 1 + _QUESTION_TAIL


def with_bad_label(message: bytes) -> bytes:
    """Keep header and question, and add one answer whose name begins with a reserved label type."""
    end = _end_of_question(message)
    return message[:6] + struct.pack("!HHH", 1, 0, 0) + message[_HEADER:end] + b"\x80mx1\x00" + bytes(14)


def with_lying_length(message: bytes) -> bytes:
    """Keep header and question, and add one address that claims to be 400 bytes long."""
    end = _end_of_question(message)
    record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 400) + bytes((127, 0, 0, 1))
    return message[:6] + struct.pack("!HHH", 1, 0, 0) + message[_HEADER:end] + record
