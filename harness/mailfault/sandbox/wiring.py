"""The network of one world, laid by netlink: two namespaces, a veth pair, addresses and routes.

pyroute2 writes the requests, once for all worlds, for each is like the other; they are sent in one go.
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
"""The descriptor that the internet's namespace is kept at: requests name it."""
_LOOPBACK, _LINK = 1, 2
"""What a new namespace numbers its interfaces."""
_LOCAL_TABLE = 255
_NO_DETECTION = {"flags": 0x02}
"""IFA_F_NODAD: usable at once, where duplicate address detection would take a second (RFC 4862 5.4)."""
_ABOUT_LINKS = 1
"""RTMGRP_LINK: what becomes of links is told without being asked for."""
_RTM_NEWLINK, _IFLA_QDISC = 16, 6
_LINK_HEADER = struct.Struct("=4xi8x")
_ATTRIBUTE = struct.Struct("=HH")
_DROPS_ALL = b"noop"
_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Wired:
    """The two namespaces of a world, as open descriptors."""

    internet: int
    client: int
    ipv6: bool
    """Whether the kernel gives IPv6."""


def lay() -> Wired:
    """Make both namespaces and join them. The process is in the client's afterwards. Raises OSError."""
    unshare(CLONE_NEWNET)
    made = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    internet = os.dup2(made, _INTERNET_AT, inheritable=False)
    os.close(made)
    with _netlink(groups=_ABOUT_LINKS) as far:
        unshare(CLONE_NEWNET)
        client = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        ipv6 = Path("/proc/net/if_inet6").exists()
        with _netlink() as near:
            _carry_out(near, _the_link(), "lay the link")
            _carry_out(far, _the_internets_end(), "set up the internet's end")
            _carry_out(near, _the_clients_end(), "set up the client's end")
            if ipv6:
                _carry_out(far, _the_internets_end_in_ipv6(), "set up the internet's end in IPv6")
                _carry_out(near, _the_clients_end_in_ipv6(), "set up the client's end in IPv6")
        _wait_until_it_sends(far)
    return Wired(internet, client, ipv6)


def _wait_until_it_sends(far: socket.socket) -> None:
    """Wait for the internet's end to send what it is given, after both ends are up. Raises OSError.

    It came up first, with nothing at its other end yet; that there is something now the kernel finds out at its leisure
    (linkwatch_event()), and until then drops all that should leave: the answer to the client's first ARP, who would ask
    again one second later.
    """
    far.settimeout(_PATIENCE_S)
    far.send(_asking_for_the_link())
    while not any(
        kind == _RTM_NEWLINK and index == _LINK and qdisc != _DROPS_ALL
        for kind, _, content in messages(far.recv(65536))
        for index, qdisc in [_of_link(content)]
    ):
        pass


def _of_link(content: bytes) -> tuple[int, bytes]:
    """The number and the queueing discipline that a message about a link tells (rtnetlink(7)); 0 for other messages."""
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


def set_black_hole(wired: Wired, address: str, *, on: bool) -> None:
    """Have the internet drop every packet for one of its addresses, or take it again. Raises OSError."""
    family, length = (socket.AF_INET6, 128) if ":" in address else (socket.AF_INET, 32)

    def write(to: IPBatch) -> None:
        to.route("add" if on else "del", family=family, dst=f"{address}/{length}", type="blackhole", table=_LOCAL_TABLE)

    enter(wired.internet, CLONE_NEWNET)
    try:
        with _netlink() as far:
            _carry_out(far, _written(write), f"set the route to {address}")
    finally:
        enter(wired.client, CLONE_NEWNET)


def set_link(wired: Wired, *, up: bool) -> None:
    """Take the link down at the internet's end, or up again. Raises OSError."""
    enter(wired.internet, CLONE_NEWNET)
    try:
        with _netlink() as far:
            _carry_out(
                far, _written(lambda to: to.link("set", index=_LINK, state="up" if up else "down")), "set the link"
            )
            if up and wired.ipv6:  # a link that goes down loses its IPv6 addresses (ip-sysctl, keep_addr_on_down)
                _carry_out(far, _the_internets_end_in_ipv6(), "set up the internet's end in IPv6 again")
    finally:
        enter(wired.client, CLONE_NEWNET)


def prepare() -> None:
    """Write all requests now, so that no world has to."""
    for write in (
        _the_link,
        _asking_for_the_link,
        _the_internets_end,
        _the_clients_end,
        _the_internets_end_in_ipv6,
        _the_clients_end_in_ipv6,
    ):
        write()


@cache
def _the_link() -> bytes:
    return _written(
        lambda to: to.link(
            "add", ifname=CLIENT_END, kind="veth", peer={"ifname": INTERNET_END, "net_ns_fd": _INTERNET_AT}
        )
    )


@cache
def _asking_for_the_link() -> bytes:
    return _written(lambda to: to.link("get", index=_LINK))


@cache
def _the_internets_end() -> bytes:
    def write(to: IPBatch) -> None:
        _up(to)
        to.addr("add", index=_LINK, address=GATEWAY_V4, prefixlen=LINK_V4)
        # Every address of the prefix is the internet's own, without being set up one by one (ip-route(8), "local").
        to.route("add", dst=SERVERS_V4, type="local", oif=_LOOPBACK, table=_LOCAL_TABLE, scope="host")

    return _written(write)


@cache
def _the_clients_end() -> bytes:
    def write(to: IPBatch) -> None:
        _up(to)
        to.addr("add", index=_LINK, address=CLIENT_V4, prefixlen=LINK_V4)
        to.route("add", dst="default", gateway=GATEWAY_V4)

    return _written(write)


@cache
def _the_internets_end_in_ipv6() -> bytes:
    def write(to: IPBatch) -> None:
        to.addr("add", index=_LINK, address=GATEWAY_V6, prefixlen=LINK_V6, **_NO_DETECTION)
        to.route("add", family=socket.AF_INET6, dst=SERVERS_V6, type="local", oif=_LOOPBACK, table=_LOCAL_TABLE)

    return _written(write)


@cache
def _the_clients_end_in_ipv6() -> bytes:
    def write(to: IPBatch) -> None:
        to.addr("add", index=_LINK, address=CLIENT_V6, prefixlen=LINK_V6, **_NO_DETECTION)
        to.route("add", family=socket.AF_INET6, dst="default", gateway=GATEWAY_V6)

    return _written(write)


def _up(to: IPBatch) -> None:
    to.link("set", index=_LOOPBACK, state="up")
    to.link("set", index=_LINK, state="up")


def _written(write: Callable[[IPBatch], object]) -> bytes:
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


def _carry_out(channel: socket.socket, requests: bytes, what: str) -> None:
    """Send requests that each ask for an acknowledgement, and read those. Raises OSError for the first that failed."""
    channel.send(requests)
    waiting = sum(1 for _ in messages(requests))
    failed = 0
    while waiting:
        for kind, _, content in messages(channel.recv(65536)):
            if kind == ERROR:
                waiting -= 1
                failed = failed or -int.from_bytes(content[:4], sys.byteorder, signed=True)
    if failed and failed != errno.EEXIST:
        raise OSError(failed, f"cannot {what}: {os.strerror(failed)}")
