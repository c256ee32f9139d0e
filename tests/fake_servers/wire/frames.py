"""Frames built by hand, after RFC 791, RFC 8200, RFC 9293 and RFC 768."""

import ipaddress
import struct

CLIENT_V4, SERVER_V4 = "198.19.0.2", "198.18.0.10"
CLIENT_V6, SERVER_V6 = "2001:2:0:2::2", "2001:2:0:1::a"
NEAR, FAR = b"\x02\0\0\0\0\1", b"\x02\0\0\0\0\2"
SYN, ACK = 0x02, 0x10


def tcp(flags: int, *, source: int = 40000, destination: int = 25) -> bytes:
    return struct.pack("!HHIIBBHHH", source, destination, 1, 0, 0x50, flags, 64240, 0, 0)


def udp(*, source: int = 40000, destination: int = 53) -> bytes:
    return struct.pack("!HHHH", source, destination, 8, 0)


def ipv4(carried: bytes, protocol: int, *, source: str = CLIENT_V4, destination: str = SERVER_V4) -> bytes:
    ends = ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(carried), 7, 0, 64, protocol, 0) + ends
    return FAR + NEAR + b"\x08\x00" + header + carried


def ipv6(carried: bytes, protocol: int, *, source: str = CLIENT_V6, destination: str = SERVER_V6) -> bytes:
    ends = ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
    return FAR + NEAR + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, len(carried), protocol, 64) + ends + carried
