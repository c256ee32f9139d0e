"""Addresses and sockets of servers: the protocol of a network, and loopback as the network without rights.

On loopback every host has its own address in 127.0.0.0/8, and all hosts share one port, as real hosts share port 25.
Sockets are bound at once and kept. They do not listen yet: `mailfault_servers.tcp` decides what a port does with a SYN.
"""

import errno
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from mailfault_servers.action import IcmpError, LosePackets

_TRIES = 50
UNROUTABLE = "127.255.255.255"
"""Loopback's broadcast address: connecting to it fails at once, with ENETUNREACH and no packet (Linux)."""


class NetworkLacks(OSError):
    """The network cannot do what a world needs. The message says what."""


class NoIpv6(NetworkLacks):
    """This machine has no IPv6 address for a server."""


class Launcher(Protocol):
    """Starts programs in a network that is separate from the machine's own."""

    def command(self, arguments: Sequence[str]) -> list[str]:
        """Return the argument list that starts this program inside. The program keeps its working directory,
        environment, standard files and exit status; processes that it leaves running end with the network."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTap:
    """A packet socket on the link between client and servers, with the facts needed to read and answer its frames."""

    sock: socket.socket
    """Receives every frame on the link, both ways. The caller closes it."""
    router: tuple[str, str]
    """The router's addresses (IPv4, IPv6), from which ICMP errors are sent."""
    is_own: Callable[[str], bool]
    """Tells if an address belongs to this network."""
    icmp_error: Callable[[str], IcmpError | None]
    """The ICMP error to send for packets to an address; None for an address that is reachable."""


class Network(Protocol):
    """The network that a world's servers and its client use."""

    @property
    def has_link(self) -> bool:
        """True if packets cross a link that can be captured, taken down and made lossy."""
        ...

    @property
    def launcher(self) -> Launcher | None:
        """Starts the client's programs inside the network. None: any program of this machine reaches the servers."""
        ...

    def capture(self) -> LinkTap:
        """Open a packet socket on the link. Raises NetworkLacks."""
        ...

    def address(self, kind: Literal["ipv4", "ipv6"], number: int) -> str:
        """Return the address of a server by its number, 2 to 250."""
        ...

    def dns_sockets(self, address: str) -> tuple[socket.socket, socket.socket]:
        """Open a UDP and a TCP socket, bound to one port of `address`."""
        ...

    def smtp_sockets(self, addresses: tuple[str, ...]) -> tuple[socket.socket, ...]:
        """Open one TCP socket for each address, all bound to the same port, none listening."""
        ...

    def https_socket(self, address: str) -> socket.socket:
        """Open a TCP socket bound to a port of `address`, not listening."""
        ...

    def unbound_socket(self, address: str) -> socket.socket:
        """Open an unbound TCP socket of the family of `address`."""
        ...

    def set_unreachable(self, address: str, error: IcmpError | None) -> None:
        """Answer every packet for `address` with this ICMP error; None restores it. Raises NetworkLacks."""
        ...

    def set_link(self, *, up: bool) -> None:
        """Take the link between client and servers down or up. Raises NetworkLacks."""
        ...

    def set_packet_loss(self, address: str, losses: Sequence[LosePackets]) -> None:
        """Lose these packets to and from `address`, replacing earlier losses. Raises NetworkLacks."""
        ...

    def lost_packets(self, address: str) -> int:
        """Return the number of packets lost to and from `address` since its losses were set."""
        ...

    def close(self) -> None:
        """Close the network. Users close their own sockets. May be called again."""
        ...


class HostNetwork:
    """The machine's loopback: needs no rights, has ephemeral ports, and a single IPv6 address."""

    has_link = False
    launcher = None

    def capture(self) -> LinkTap:
        raise NetworkLacks(errno.EOPNOTSUPP, "loopback has no link whose packets could be captured")

    def address(self, kind: Literal["ipv4", "ipv6"], number: int) -> str:
        return "::1" if kind == "ipv6" else f"127.0.0.{number}"

    def dns_sockets(self, address: str) -> tuple[socket.socket, socket.socket]:
        for _ in range(_TRIES):
            tcp = _tcp_socket(address)
            try:
                tcp.bind((address, 0))
                udp = socket.socket(_family(address), socket.SOCK_DGRAM)
                try:
                    udp.bind((address, tcp.getsockname()[1]))
                except OSError:
                    udp.close()
                    raise
            except OSError as error:
                tcp.close()
                if error.errno != errno.EADDRINUSE:
                    raise _cannot_bind(address, error) from error
                continue
            udp.setblocking(False)
            return udp, tcp
        raise OSError(errno.EADDRINUSE, f"found no port of {address} that is free for UDP and TCP in {_TRIES} tries")

    def smtp_sockets(self, addresses: tuple[str, ...]) -> tuple[socket.socket, ...]:
        for _ in range(_TRIES):
            bound: list[socket.socket] = []
            port = 0
            try:
                for address in addresses:
                    sock = _tcp_socket(address)
                    bound.append(sock)
                    sock.bind((address, port))
                    port = sock.getsockname()[1]
            except OSError as error:
                for sock in bound:
                    sock.close()
                if error.errno != errno.EADDRINUSE:
                    raise _cannot_bind(address, error) from error
                continue
            return tuple(bound)
        raise OSError(errno.EADDRINUSE, f"found no port that is free on all of {addresses} in {_TRIES} tries")

    def https_socket(self, address: str) -> socket.socket:
        return self.smtp_sockets((address,))[0]

    def unbound_socket(self, address: str) -> socket.socket:
        return _tcp_socket(address)

    def set_unreachable(self, address: str, error: IcmpError | None) -> None:
        raise NetworkLacks(errno.EOPNOTSUPP, f"loopback cannot answer for {address} by ICMP")

    def set_link(self, *, up: bool) -> None:
        raise NetworkLacks(errno.EOPNOTSUPP, "loopback has no link that could be taken down")

    def set_packet_loss(self, address: str, losses: Sequence[LosePackets]) -> None:
        raise NetworkLacks(errno.EOPNOTSUPP, f"loopback loses no packet for {address}")

    def lost_packets(self, address: str) -> int:
        return 0

    def close(self) -> None:
        pass


LOOPBACK = HostNetwork()
"""The network of servers by default."""


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _tcp_socket(address: str) -> socket.socket:
    # asyncio sets TCP_NODELAY only where proto says TCP; without it a STARTTLS conversation costs 90 ms.
    made = socket.socket(_family(address), socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setblocking(False)
    return made


def _cannot_bind(address: str, error: OSError) -> OSError:
    if ":" in address and error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return NoIpv6(error.errno, f"this machine has no IPv6 loopback address ({address}): {error.strerror}")
    hint = (
        f"this machine has no address {address}: Linux has all of 127.0.0.0/8; elsewhere add it as an alias of the "
        "loopback interface"
        if error.errno == errno.EADDRNOTAVAIL
        else "see the system's message"
    )
    return OSError(error.errno, f"cannot bind {address}: {error.strerror} ({hint})")
