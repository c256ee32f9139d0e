"""Read the headers of a captured frame: Ethernet, IPv4 (RFC 791), IPv6 (RFC 8200), TCP (RFC 9293), UDP (RFC 768)."""

import ipaddress
import struct
from dataclasses import dataclass

_IPV4, _IPV6 = 0x0800, 0x86DD
_ETHERNET_LENGTH = 14
_PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"}
_SYN, _ACK = 0x02, 0x10


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """The addresses and ports of one IP packet."""

    source: str
    destination: str
    protocol: str
    """"tcp", "udp", "icmp", "icmpv6", or the protocol's number."""
    source_port: int | None = None
    destination_port: int | None = None
    opens: bool = False
    """True if it opens a TCP connection (SYN without ACK)."""

    @property
    def for_many(self) -> bool:
        """True if it has many receivers: multicast, broadcast, or link-local (neighbour discovery)."""
        to = ipaddress.ip_address(self.destination)
        return to.is_multicast or to.is_link_local or self.destination == "255.255.255.255"


def read_frame(frame: bytes) -> Packet | None:
    """Return the IP packet in an Ethernet frame, or None if there is none (ARP) or it is cut short."""
    try:
        (kind,) = struct.unpack_from("!H", frame, 12)
        if kind == _IPV4:
            return _read_ipv4(frame[_ETHERNET_LENGTH:])
        if kind == _IPV6:
            return _read_ipv6(frame[_ETHERNET_LENGTH:])
    except (struct.error, IndexError, ValueError):
        return None
    return None


def _read_ipv4(data: bytes) -> Packet:
    header_length = (data[0] & 0x0F) * 4
    source, destination = (str(ipaddress.IPv4Address(data[at : at + 4])) for at in (12, 16))
    (fragment,) = struct.unpack_from("!H", data, 6)
    carried = data[header_length:] if fragment & 0x1FFF == 0 else b""
    return _read_carried(source, destination, data[9], carried)


def _read_ipv6(data: bytes) -> Packet:
    source, destination = (str(ipaddress.IPv6Address(data[at : at + 16])) for at in (8, 24))
    return _read_carried(source, destination, data[6], data[40:])


def _read_carried(source: str, destination: str, number: int, data: bytes) -> Packet:
    protocol = _PROTOCOLS.get(number, str(number))
    if protocol not in ("tcp", "udp") or not data:
        return Packet(source=source, destination=destination, protocol=protocol)
    source_port, destination_port = struct.unpack_from("!HH", data)
    return Packet(
        source=source,
        destination=destination,
        protocol=protocol,
        source_port=source_port,
        destination_port=destination_port,
        opens=protocol == "tcp" and data[13] & (_SYN | _ACK) == _SYN,
    )
