"""The first process of a world (PID 1): builds its network, opens sockets on the internet's side and passes them out.

All other processes of the world are started in its namespaces and end with it. It ends when the harness closes the
world, and when the harness itself ends.
"""

import contextlib
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mailfault.sandbox import packet_loss, wiring
from mailfault.sandbox.addresses import HOST_NAME
from mailfault.sandbox.message import receive, send
from mailfault.sandbox.system import (
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWUTS,
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_REC,
    die_with_parent,
    enter,
    mount,
    set_host_name,
    unshare,
)
from mailfault.sandbox.wiring import Wiring

OVERLAID = ("resolv.conf", "hosts", "nsswitch.conf")
"""The files of /etc that a world replaces."""
_NAME_CACHES = ("/run/nscd", "/run/systemd/resolve")
"""Sockets of name services that the C library would ask instead of resolv.conf's server."""
_ETH_P_ALL = 0x0003
_IPV6_FREEBIND = 78


def main(channel: socket.socket, folder: Path) -> None:
    """Set the world up with the files in `folder`, then serve requests until the channel is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # reaps the orphans of the world's programs
    try:
        die_with_parent()
        unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC)
        set_host_name(HOST_NAME)
        _overlay(folder)
        wired = wiring.build()
    except OSError as error:
        send(channel, {"error": error.strerror or str(error), "errno": error.errno})
        return
    send(channel, {"ipv6": wired.ipv6})
    while True:
        try:
            request, _ = receive(channel)
        except EOFError:
            return
        try:
            result = _handle(request, wired)
        except OSError as error:
            send(channel, {"error": error.strerror or str(error), "errno": error.errno})
            continue
        if isinstance(result, socket.socket):
            with result:
                send(channel, {}, [result.fileno()])
        else:
            send(channel, {"number": result} if result is not None else {})


def _overlay(folder: Path) -> None:
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    for name in OVERLAID:
        target = Path("/etc", name).resolve()
        if target.exists():
            mount(str(folder / name), str(target), None, MS_BIND)
        elif name == "resolv.conf":
            raise FileNotFoundError(2, "there is no /etc/resolv.conf to mount the world's over; create it")
    for cache in _NAME_CACHES:
        if Path(cache).is_dir():
            mount("none", cache, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    # A container that masks parts of /proc forbids mounting a whole one. Then programs see the outer process numbers.
    with contextlib.suppress(OSError):
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)


def _handle(request: dict[str, Any], wired: Wiring) -> socket.socket | int | None:
    """Carry out a request. Returns the opened socket, or the requested number. Raises OSError."""
    match request["do"]:
        case "socket":
            return _in_internet(wired, lambda: _socket(request))
        case "capture":
            return _in_internet(wired, _capture)
        case "black-hole":
            wiring.set_black_hole(wired, request["address"], on=request["on"])
        case "link":
            wiring.set_link(wired, up=request["up"])
        case "packet-loss":
            packet_loss.set_packet_loss(wired, request["address"], request["losses"])
        case "lost-packets":
            return packet_loss.lost_packets(wired, request["address"])
    return None


def _in_internet(wired: Wiring, make: Callable[[], socket.socket]) -> socket.socket:
    enter(wired.internet, CLONE_NEWNET)
    try:
        return make()
    finally:
        enter(wired.client, CLONE_NEWNET)


def _socket(request: dict[str, Any]) -> socket.socket:
    made = socket.socket(request["family"], request["type"], request["protocol"])
    try:
        if made.type is socket.SOCK_STREAM:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if made.family is socket.AF_INET6:
            # Without it, IPv6 binds only to addresses of an interface (ipv6(7)).
            made.setsockopt(socket.IPPROTO_IPV6, _IPV6_FREEBIND, 1)
        if request["bind"] is not None:
            made.bind(tuple(request["bind"]))
    except OSError:
        made.close()
        raise
    return made


def _capture() -> socket.socket:
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)  # changing the protocol later takes the kernel 10 ms
    made.bind((wiring.INTERNET_END, _ETH_P_ALL))
    return made
