"""Addresses and ports inside a sandbox. Every world has the same ones, because each has its own network.

198.18.0.0/15 and 2001:2::/48 are reserved for network tests (RFC 2544 C.2.2, RFC 5180 8): no host on the Internet
has them, and no program treats them as private.
"""

import ipaddress
from typing import Literal

SERVERS_V4 = "198.18.0.0/24"
SERVERS_V6 = "2001:2:0:1::/64"
GATEWAY_V4, CLIENT_V4, LINK_V4 = "198.19.0.1", "198.19.0.2", 30
GATEWAY_V6, CLIENT_V6, LINK_V6 = "2001:2:0:2::1", "2001:2:0:2::2", 64
HOST_NAME = "client.example"
SMTP_PORT, DNS_PORT, HTTPS_PORT = 25, 53, 443


_OWN = tuple(
    ipaddress.ip_network(network, strict=False)
    for network in (SERVERS_V4, SERVERS_V6, f"{GATEWAY_V4}/{LINK_V4}", f"{GATEWAY_V6}/{LINK_V6}")
)


def is_own(address: str) -> bool:
    """Tell if an address belongs to a world."""
    parsed = ipaddress.ip_address(address)
    return any(parsed in network for network in _OWN)


def server_address(kind: Literal["ipv4", "ipv6"], number: int) -> str:
    """Return the address of a server by its number, 2 to 250."""
    prefix = ipaddress.ip_network(SERVERS_V4 if kind == "ipv4" else SERVERS_V6)
    return str(prefix[number])
