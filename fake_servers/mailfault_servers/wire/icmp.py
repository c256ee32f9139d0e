"""ICMP messages of type Destination Unreachable (RFC 792, RFC 1812; RFC 4443 for IPv6)."""

import ipaddress
import struct

from mailfault_servers.action import IcmpError

_ETHERNET_LENGTH = 14
_IPV4, _IPV6 = 0x0800, 0x86DD
_ICMP, _ICMPV6 = 1, 58
_CODES = {
    _IPV4: {"network": 0, "host": 1, "port": 3, "prohibited": 13},
    _IPV6: {"network": 0, "host": 3, "port": 4, "prohibited": 1},
}
_TYPES = {_IPV4: 3, _IPV6: 1}
_HOPS = 64
_QUOTED = {_IPV4: 548, _IPV6: 1232}
"""Bytes of the packet that fit into 576 bytes (RFC 1812 4.3.2.3), and into IPv6's least MTU (RFC 4443 3.1)."""


def unreachable(frame: bytes, what: IcmpError, source: str) -> bytes:
    """Return the Ethernet frame that answers the IP packet in `frame` with Destination Unreachable, sent from the
    address `source` of the packet's family."""
    (kind,) = struct.unpack_from("!H", frame, 12)
    packet = frame[_ETHERNET_LENGTH:]
    message = struct.pack("!BBHI", _TYPES[kind], _CODES[kind][what], 0, 0) + packet[: _QUOTED[kind]]
    answer = _over_ipv4(message, source, packet) if kind == _IPV4 else _over_ipv6(message, source, packet)
    return frame[6:12] + frame[:6] + frame[12:14] + answer


def _over_ipv4(message: bytes, source: str, packet: bytes) -> bytes:
    ends = ipaddress.IPv4Address(source).packed + packet[12:16]
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(message), 0, 0, _HOPS, _ICMP, 0) + ends
    return _with_checksum(header, at=10) + _with_checksum(message, at=2)


def _over_ipv6(message: bytes, source: str, packet: bytes) -> bytes:
    ends = ipaddress.IPv6Address(source).packed + packet[8:24]
    header = struct.pack("!IHBB", 6 << 28, len(message), _ICMPV6, _HOPS) + ends
    pseudo = ends + struct.pack("!II", len(message), _ICMPV6)  # RFC 8200 8.1
    return header + _with_checksum(message, at=2, beside=pseudo)


def _with_checksum(data: bytes, *, at: int, beside: bytes = b"") -> bytes:
    """Enter the internet checksum (RFC 1071) of `beside` and `data` at this offset of `data`."""
    whole = beside + data + b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(whole) // 2}H", whole))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return data[:at] + struct.pack("!H", ~total & 0xFFFF) + data[at + 2 :]
