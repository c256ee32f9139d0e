"""Who lives where inside a sandbox: the same in every world, for each has its own network.

198.18.0.0/15 and 2001:2::/48 are set aside for tests of networks (RFC 2544 C.2.2, RFC 5180 8): no host on the Internet
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
    ipaddress.ip_network(one, strict=False)
    for one in (SERVERS_V4, SERVERS_V6, f"{GATEWAY_V4}/{LINK_V4}", f"{GATEWAY_V6}/{LINK_V6}")
)


def belongs(address: str) -> bool:
    """Whether the address is one of a world's own."""
    found = ipaddress.ip_address(address)
    return any(found in one for one in _OWN)


def server_address(kind: Literal["ipv4", "ipv6"], number: int) -> str:
    """The address of the server of that number, 2 to 250."""
    prefix = ipaddress.ip_network(SERVERS_V4 if kind == "ipv4" else SERVERS_V6)
    return str(prefix[number])
