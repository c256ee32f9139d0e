"""Addresses as Toxiproxy accepts them, `host:port`, with its messages about bad ones."""

import asyncio
import ipaddress
import os
import socket
from dataclasses import dataclass


class BadAddress(ValueError):
    """An address that Toxiproxy refuses. The message is Toxiproxy's."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address to listen on or to connect to. `host` is empty if it was not given."""

    host: str
    port: int
    family: socket.AddressFamily

    @classmethod
    def of_socket(cls, name: tuple[str, int]) -> "Address":
        """Return the address of a socket, by its name (getsockname(2))."""
        host, port = name
        return cls(host, port, socket.AF_INET6 if ":" in host else socket.AF_INET)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """True for an address that only this machine reaches."""
        return bool(self.host) and ipaddress.ip_address(self.host.partition("%")[0]).is_loopback


def split(text: str) -> tuple[str, str]:
    """Split into host and port. Raises BadAddress."""
    host, colon, port = text.rpartition(":")
    closing = -1
    if not colon:
        raise BadAddress(f"address {text}: missing port in address")
    if text.startswith("["):
        closing = text.find("]")
        if closing < 0:
            raise BadAddress(f"address {text}: missing ']' in address")
        if closing + 1 != len(host):
            many = text[closing + 1 : closing + 2] == ":"
            raise BadAddress(f"address {text}: {'too many colons' if many else 'missing port'} in address")
        host = host[1:-1]
    elif ":" in host:
        raise BadAddress(f"address {text}: too many colons in address")
    for bracket, rest in (("[", text[1 if closing > 0 else 0 :]), ("]", text[closing + 1 :])):
        if bracket in rest:
            raise BadAddress(f"address {text}: unexpected '{bracket}' in address")
    return host, port


async def resolve(text: str) -> list[Address]:
    """Return the addresses of a text, IPv4 first, at least one. Raises BadAddress."""
    host, written_port = split(text) if text else ("", "0")
    port = await _port(written_port)
    if not host:
        return [Address("", port, socket.AF_INET)]
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
        return [Address(host, port, family)]
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise BadAddress(f"lookup {host}: no such host") from None
    addresses = [
        Address(str(sockaddr[0]), port, family)
        for family, _, _, _, sockaddr in found
        if family in (socket.AF_INET, socket.AF_INET6)
    ]
    return sorted(addresses, key=lambda address: address.family != socket.AF_INET)


async def _port(text: str) -> int:
    digits = text.removeprefix("-").removeprefix("+")
    if not text:
        return 0
    if digits.isascii() and digits.isdigit():
        number = int(digits) if len(digits) < 8 else 10**8
        if (text.startswith("-") and number) or number > 65535:
            raise BadAddress(f"address {text}: invalid port")
        return number
    try:
        return socket.getservbyname(text, "tcp")
    except (OSError, ValueError):
        raise BadAddress(f"lookup tcp/{text}: unknown port") from None


def go_message(error: OSError) -> str:
    """Return a system error in Go's words."""
    return os.strerror(error.errno or 0).lower()
