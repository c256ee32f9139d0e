"""The first process of a world: lays its network, opens sockets on the internet's side and passes them out.

All other processes of the world are started in its namespaces and end with it; it ends when the harness closes the
world, or ends itself, in whatever manner.
"""

import contextlib
import signal
import socket
from pathlib import Path
from typing import Any

from mailfault.sandbox import packet_loss as losing
from mailfault.sandbox import wiring
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
from mailfault.sandbox.wiring import Wired

OVERLAID = ("resolv.conf", "hosts", "nsswitch.conf")
"""The files of /etc that a world has of its own."""
_NAME_CACHES = ("/run/nscd", "/run/systemd/resolve")
"""Where the C library would ask the machine's own name service, past resolv.conf."""
_ETH_P_ALL = 0x0003
_IPV6_FREEBIND = 78


def main(channel: socket.socket, folder: Path) -> None:
    """Set the world up with the files in `folder`, then serve requests until the channel is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # what the world's programs leave behind is reaped here
    try:
        die_with_parent()
        unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC)
        set_host_name(HOST_NAME)
        _overlay(folder)
        wired = wiring.lay()
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
            opened = _carry_out(request, wired)
        except OSError as error:
            send(channel, {"error": error.strerror or str(error), "errno": error.errno})
            continue
        if isinstance(opened, socket.socket):
            with opened:
                send(channel, {}, [opened.fileno()])
        else:
            send(channel, {"number": opened} if opened is not None else {})


def _overlay(folder: Path) -> None:
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    for name in OVERLAID:
        place = Path("/etc", name).resolve()
        if place.exists():
            mount(str(folder / name), str(place), None, MS_BIND)
        elif name == "resolv.conf":
            raise FileNotFoundError(2, "there is no /etc/resolv.conf that another could be laid over; create it")
    for cache in _NAME_CACHES:
        if Path(cache).is_dir():
            mount("none", cache, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    # A container that masks parts of /proc lets nobody mount a whole one: programs see the old process numbers then.
    with contextlib.suppress(OSError):
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)


def _carry_out(request: dict[str, Any], wired: Wired) -> socket.socket | int | None:
    """Do what is asked; returns the socket that was opened or the number that was asked for. Raises OSError."""
    match request["do"]:
        case "socket":
            return _on_the_internet(wired, lambda: _socket(request))
        case "capture":
            return _on_the_internet(wired, _capture)
        case "black-hole":
            wiring.set_black_hole(wired, request["address"], on=request["on"])
        case "link":
            wiring.set_link(wired, up=request["up"])
        case "losses":
            losing.set_packet_loss(wired, request["address"], request["losses"])
        case "lost":
            return losing.lost_packets(wired, request["address"])
    return None


def _on_the_internet(wired: Wired, make: Any) -> socket.socket:
    enter(wired.internet, CLONE_NEWNET)
    try:
        made: socket.socket = make()
        return made
    finally:
        enter(wired.client, CLONE_NEWNET)


def _socket(request: dict[str, Any]) -> socket.socket:
    made = socket.socket(request["family"], request["type"], request["protocol"])
    try:
        if made.type is socket.SOCK_STREAM:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if made.family is socket.AF_INET6:
            # IPv6 binds to addresses of an interface alone, unless it is told not to ask (ipv6(7)).
            made.setsockopt(socket.IPPROTO_IPV6, _IPV6_FREEBIND, 1)
        if request["bind"] is not None:
            made.bind(tuple(request["bind"]))
    except OSError:
        made.close()
        raise
    return made


def _capture() -> socket.socket:
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)  # to change a protocol later costs the kernel 10 ms
    made.bind((wiring.INTERNET_END, _ETH_P_ALL))
    return made
