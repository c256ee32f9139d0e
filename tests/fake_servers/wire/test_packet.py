import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailfault_servers.wire.packet import read_frame
from tests.fake_servers.wire.frames import ACK, SERVER_V4, SERVER_V6, SYN, ipv4, ipv6, tcp, udp


@pytest.mark.parametrize(("build", "destination"), [(ipv4, SERVER_V4), (ipv6, SERVER_V6)])
@pytest.mark.parametrize(("flags", "opens"), [(SYN, True), (SYN | ACK, False), (ACK, False), (SYN | 0xC0, True)])
def test_a_connection_is_asked_for_by_syn_without_ack(build: object, destination: str, flags: int, opens: bool) -> None:
    packet = read_frame(build(tcp(flags), 6))  # type: ignore[operator]
    assert packet is not None
    assert (packet.destination, packet.protocol, packet.destination_port) == (destination, "tcp", 25)
    assert packet.opens is opens


def test_a_datagram_and_what_has_no_ports() -> None:
    packet = read_frame(ipv4(udp(), 17))
    assert packet is not None
    assert (packet.protocol, packet.source_port, packet.destination_port, packet.opens) == ("udp", 40000, 53, False)
    ping = read_frame(ipv4(b"\x08\0\0\0", 1))
    assert ping is not None
    assert (ping.protocol, ping.destination_port) == ("icmp", None)


def test_options_of_ip_are_passed_over() -> None:
    frame = bytearray(ipv4(b"\1\1\1\1" + tcp(SYN), 6))
    frame[14] = 0x46  # the header is six words long
    packet = read_frame(bytes(frame))
    assert packet is not None
    assert packet.destination_port == 25


def test_a_later_fragment_has_no_ports() -> None:
    frame = bytearray(ipv4(tcp(SYN), 6))
    frame[20:22] = b"\x00\x10"
    packet = read_frame(bytes(frame))
    assert packet is not None
    assert (packet.destination_port, packet.opens) == (None, False)


@pytest.mark.parametrize(
    ("destination", "for_many"),
    [("224.0.0.22", True), ("255.255.255.255", True), ("198.18.0.10", False), ("192.0.2.1", False)],
)
def test_what_is_meant_for_whoever_listens(destination: str, for_many: bool) -> None:
    packet = read_frame(ipv4(udp(), 17, destination=destination))
    assert packet is not None
    assert packet.for_many is for_many


def test_neighbour_discovery_is_for_many() -> None:
    packet = read_frame(ipv6(b"\x87\0\0\0", 58, destination="ff02::1:ff00:a"))
    assert packet is not None
    assert packet.for_many


def test_arp_is_no_packet() -> None:
    assert read_frame(b"\xff" * 12 + b"\x08\x06" + b"\0" * 28) is None


@given(st.binary(max_size=80), st.sampled_from([b"\x08\x00", b"\x86\xdd", b"\x08\x06"]))
def test_whatever_comes_is_read_or_is_no_packet(rest: bytes, kind: bytes) -> None:
    packet = read_frame(b"\0" * 12 + kind + rest)
    assert packet is None or packet.destination


@given(st.integers(min_value=0, max_value=53))
def test_a_frame_that_is_cut_short_raises_nothing(length: int) -> None:
    read_frame(ipv4(tcp(SYN), 6)[:length])
    read_frame(ipv6(tcp(SYN), 6)[:length])
