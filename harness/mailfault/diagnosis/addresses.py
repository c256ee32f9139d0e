"""IP addresses as text, however written. Pure."""

import ipaddress
from functools import lru_cache


@lru_cache(maxsize=1024)
def normal_address(text: str) -> str:
    """Rewrite an IP address in its shortest form: without brackets (RFC 5321 4.1.3), IPv4 within IPv6 as IPv4.

    Return any other text as it is.
    """
    bare = text.strip().removeprefix("[").removesuffix("]")
    try:
        address = ipaddress.ip_address(bare[5:] if bare.lower().startswith("ipv6:") else bare)
    except ValueError:
        return text
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def same_address(left: str, right: str) -> bool:
    """Compare two IP addresses, however written."""
    return normal_address(left) == normal_address(right)
