import ipaddress
import struct

import pytest

from mailfault_servers.action import IcmpError
from mailfault_servers.wire.icmp import unreachable
from mailfault_servers.wire.packet import read_frame
from tests.fake_servers.wire.frames import (
    CLIENT_V4,
    CLIENT_V6,
    FAR,
    NEAR,
    SERVER_V4,
    SERVER_V6,
    SYN,
    ipv4,
    ipv6,
    tcp,
)

ROUTER_V4, ROUTER_V6 = "198.19.0.1", "2001:2:0:2::1"


def sums_up(data: bytes) -> bool:
    """Tell if a checksum is right: all words add up to ones (RFC 1071)."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total > 0xFFFF:
        total = (total >> 16) + (total & 0xFFFF)
    return total == 0xFFFF


@pytest.mark.parametrize(("what", "code"), [("network", 0), ("host", 1), ("port", 3), ("prohibited", 13)])
def test_over_ipv4(what: IcmpError, code: int) -> None:
    asked = ipv4(tcp(SYN), 6)
    frame = unreachable(asked, what, ROUTER_V4)
    packet = read_frame(frame)
    assert packet is not None
    assert (packet.source, packet.destination, packet.protocol) == (ROUTER_V4, CLIENT_V4, "icmp")
    assert frame[:12] == NEAR + FAR
    header, said = frame[14:34], frame[34:]
    assert sums_up(header)
    assert sums_up(said)
    assert struct.unpack("!H", header[2:4])[0] == len(header) + len(said)
    assert (said[0], said[1]) == (3, code)
    assert said[8:] == asked[14:]


@pytest.mark.parametrize(("what", "code"), [("network", 0), ("host", 3), ("port", 4), ("prohibited", 1)])
def test_over_ipv6(what: IcmpError, code: int) -> None:
    asked = ipv6(tcp(SYN), 6)
    frame = unreachable(asked, what, ROUTER_V6)
    packet = read_frame(frame)
    assert packet is not None
    assert (packet.source, packet.destination, packet.protocol) == (ROUTER_V6, CLIENT_V6, "icmpv6")
    said = frame[54:]
    ends = ipaddress.ip_address(ROUTER_V6).packed + ipaddress.ip_address(CLIENT_V6).packed
    assert sums_up(ends + struct.pack("!II", len(said), 58) + said)
    assert (said[0], said[1]) == (1, code)
    assert said[8:] == asked[14:]


@pytest.mark.parametrize(
    ("asked", "server", "longest"),
    [(ipv4(tcp(SYN) + b"x" * 3001, 6), SERVER_V4, 576), (ipv6(tcp(SYN) + b"x" * 3001, 6), SERVER_V6, 1280)],
    ids=["ipv4", "ipv6"],
)
def test_no_more_is_quoted_than_a_small_packet_holds(asked: bytes, server: str, longest: int) -> None:
    assert len(unreachable(asked, "port", server)) - 14 == longest
