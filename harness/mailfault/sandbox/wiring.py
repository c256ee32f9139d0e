"""The network of one world, built by netlink: two namespaces, a veth pair, addresses and routes.

All worlds are alike, so pyroute2 encodes the requests once. Each list of requests is sent in one packet.
"""

import errno
import os
import socket
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pyroute2 import IPBatch

from mailfault.sandbox.addresses import (
    CLIENT_V4,
    CLIENT_V6,
    GATEWAY_V4,
    GATEWAY_V6,
    LINK_V4,
    LINK_V6,
    SERVERS_V4,
    SERVERS_V6,
)
from mailfault.sandbox.netlink import ERROR, messages
from mailfault.sandbox.system import CLONE_NEWNET, enter, unshare

INTERNET_END, CLIENT_END = "mailfault0", "eth0"
_INTERNET_AT = 100
"""The descriptor of the internet's namespace. The encoded requests contain it."""
_LOOPBACK, _LINK = 1, 2
"""The numbers of the interfaces in a new namespace."""
_LOCAL_TABLE = 255
_NO_DETECTION = {"flags": 0x02}
"""IFA_F_NODAD: usable at once. Duplicate address detection would take a second (RFC 4862 5.4)."""
_LINK_EVENTS = 1
"""RTMGRP_LINK: the group of unrequested messages about links."""
_RTM_NEWLINK, _IFLA_QDISC = 16, 6
_LINK_HEADER = struct.Struct("=4xi8x")
_ATTRIBUTE = struct.Struct("=HH")
_DROPS_ALL = b"noop"
_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Wiring:
    """The two namespaces of a world, as open descriptors."""

    internet: int
    client: int
    ipv6: bool
    """True if the kernel has IPv6."""


def build() -> Wiring:
    """Make both namespaces, join them, and stay in the client's. Raises OSError."""
    unshare(CLONE_NEWNET)
    made = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    internet = os.dup2(made, _INTERNET_AT, inheritable=False)
    os.close(made)
    with _netlink(groups=_LINK_EVENTS) as internet_socket:
        unshare(CLONE_NEWNET)
        client = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        ipv6 = Path("/proc/net/if_inet6").exists()
        with _netlink() as client_socket:
            _send_requests(client_socket, _add_link(), "make the link")
            _send_requests(internet_socket, _set_up_internet(), "set up the internet's end")
            _send_requests(client_socket, _set_up_client(), "set up the client's end")
            if ipv6:
                _send_requests(internet_socket, _set_up_internet_v6(), "set up the internet's end in IPv6")
                _send_requests(client_socket, _set_up_client_v6(), "set up the client's end in IPv6")
        _wait_until_link_sends(internet_socket)
    return Wiring(internet, client, ipv6)


def _wait_until_link_sends(internet_socket: socket.socket) -> None:
    """Wait until the internet's end of the link sends packets, after both ends are up. Raises OSError.

    This end came up before its peer. The kernel notices the peer some time later (linkwatch_event()) and drops outgoing
    packets until then. One of them may be the answer to the client's first ARP request, repeated only after a second.
    """
    internet_socket.settimeout(_TIMEOUT_S)
    internet_socket.send(_get_link())
    while not any(
        kind == _RTM_NEWLINK and index == _LINK and qdisc != _DROPS_ALL
        for kind, _, content in messages(internet_socket.recv(65536))
        for index, qdisc in [_link_and_qdisc(content)]
    ):
        pass


def _link_and_qdisc(content: bytes) -> tuple[int, bytes]:
    """Return the number and queueing discipline from a message about a link (rtnetlink(7)); 0 for other messages."""
    if len(content) < _LINK_HEADER.size:
        return 0, b""
    (index,) = _LINK_HEADER.unpack_from(content)
    at = _LINK_HEADER.size
    while at + _ATTRIBUTE.size <= len(content):
        length, kind = _ATTRIBUTE.unpack_from(content, at)
        if kind == _IFLA_QDISC:
            return index, content[at + _ATTRIBUTE.size : at + length].rstrip(b"\0")
        at += max((length + 3) & ~3, _ATTRIBUTE.size)
    return index, b""


def set_black_hole(wired: Wiring, address: str, *, on: bool) -> None:
    """Drop every packet for an address on the internet's side, or stop that. Raises OSError."""
    family, length = (socket.AF_INET6, 128) if ":" in address else (socket.AF_INET, 32)

    def write(batch: IPBatch) -> None:
        batch.route(
            "add" if on else "del", family=family, dst=f"{address}/{length}", type="blackhole", table=_LOCAL_TABLE
        )

    enter(wired.internet, CLONE_NEWNET)
    try:
        with _netlink() as internet_socket:
            _send_requests(internet_socket, _encode(write), f"set the route to {address}")
    finally:
        enter(wired.client, CLONE_NEWNET)


def set_link(wired: Wiring, *, up: bool) -> None:
    """Take the link down or up, at the internet's end. Raises OSError."""
    enter(wired.internet, CLONE_NEWNET)
    try:
        with _netlink() as internet_socket:
            _send_requests(
                internet_socket,
                _encode(lambda batch: batch.link("set", index=_LINK, state="up" if up else "down")),
                "set the link",
            )
            if up and wired.ipv6:  # the link lost its IPv6 addresses when it went down (ip-sysctl, keep_addr_on_down)
                _send_requests(internet_socket, _set_up_internet_v6(), "set up the internet's end in IPv6 again")
    finally:
        enter(wired.client, CLONE_NEWNET)


def prepare() -> None:
    """Encode all requests now, to save each world the time."""
    for write in (
        _add_link,
        _get_link,
        _set_up_internet,
        _set_up_client,
        _set_up_internet_v6,
        _set_up_client_v6,
    ):
        write()


@cache
def _add_link() -> bytes:
    return _encode(
        lambda batch: batch.link(
            "add", ifname=CLIENT_END, kind="veth", peer={"ifname": INTERNET_END, "net_ns_fd": _INTERNET_AT}
        )
    )


@cache
def _get_link() -> bytes:
    return _encode(lambda batch: batch.link("get", index=_LINK))


@cache
def _set_up_internet() -> bytes:
    def write(batch: IPBatch) -> None:
        _bring_up(batch)
        batch.addr("add", index=_LINK, address=GATEWAY_V4, prefixlen=LINK_V4)
        # One route makes every address of the prefix local (ip-route(8), "local").
        batch.route("add", dst=SERVERS_V4, type="local", oif=_LOOPBACK, table=_LOCAL_TABLE, scope="host")

    return _encode(write)


@cache
def _set_up_client() -> bytes:
    def write(batch: IPBatch) -> None:
        _bring_up(batch)
        batch.addr("add", index=_LINK, address=CLIENT_V4, prefixlen=LINK_V4)
        batch.route("add", dst="default", gateway=GATEWAY_V4)

    return _encode(write)


@cache
def _set_up_internet_v6() -> bytes:
    def write(batch: IPBatch) -> None:
        batch.addr("add", index=_LINK, address=GATEWAY_V6, prefixlen=LINK_V6, **_NO_DETECTION)
        batch.route("add", family=socket.AF_INET6, dst=SERVERS_V6, type="local", oif=_LOOPBACK, table=_LOCAL_TABLE)

    return _encode(write)


@cache
def _set_up_client_v6() -> bytes:
    def write(batch: IPBatch) -> None:
        batch.addr("add", index=_LINK, address=CLIENT_V6, prefixlen=LINK_V6, **_NO_DETECTION)
        batch.route("add", family=socket.AF_INET6, dst="default", gateway=GATEWAY_V6)

    return _encode(write)


def _bring_up(batch: IPBatch) -> None:
    batch.link("set", index=_LOOPBACK, state="up")
    batch.link("set", index=_LINK, state="up")


def _encode(write: Callable[[IPBatch], object]) -> bytes:
    batch = IPBatch()
    try:
        write(batch)
        return bytes(batch.batch)
    finally:
        batch.close()


def _netlink(*, groups: int = 0) -> socket.socket:
    made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
    made.bind((0, groups))
    return made


def _send_requests(channel: socket.socket, requests: bytes, what: str) -> None:
    """Send requests and read their acknowledgements. Raises OSError for the first that failed."""
    channel.send(requests)
    pending = sum(1 for _ in messages(requests))
    failed = 0
    while pending:
        for kind, _, content in messages(channel.recv(65536)):
            if kind == ERROR:
                pending -= 1
                failed = failed or -int.from_bytes(content[:4], sys.byteorder, signed=True)
    if failed and failed != errno.EEXIST:
        raise OSError(failed, f"cannot {what}: {os.strerror(failed)}")
