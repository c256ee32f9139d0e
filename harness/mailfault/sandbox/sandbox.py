"""The harness's side of the sandbox: starts the broker once, opens worlds, and opens sockets inside them."""

import atexit
import contextlib
import errno
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import mailfault
import mailfault_servers
from mailfault.errors import MailfaultError
from mailfault.sandbox.addresses import (
    CLIENT_V4,
    CLIENT_V6,
    DNS_PORT,
    GATEWAY_V4,
    GATEWAY_V6,
    HOST_NAME,
    HTTPS_PORT,
    SMTP_PORT,
    is_own,
    server_address,
)
from mailfault.sandbox.message import SandboxError, ask, enable_credentials, receive, receive_with_sender
from mailfault.sandbox.namespaces import Namespaces
from mailfault.sandbox.remedy import remedy_for
from mailfault_servers.action import IcmpError, LosePackets
from mailfault_servers.loop import when_it_stops
from mailfault_servers.network import LinkTap, NetworkLacks, NoIpv6

NAME_SERVER = 2
"""The number of the name server of a world's programs."""
_NOT_IN_THIS_KERNEL = (errno.EOPNOTSUPP, errno.EPROTONOSUPPORT, errno.EAFNOSUPPORT, errno.ENOENT, errno.EINVAL)
"""Errors of a kernel without a part of nftables, or without its module."""
_TIMEOUT_S = 20.0
"""Timeout for replies of the sandbox; expires only under extreme load."""


class NoSandbox(MailfaultError):
    """The sandbox does not work on this machine. The message has the reason and a remedy."""


class SandboxWorld:
    """The network of one world (a mailfault_servers.network.Network). Close it with the world."""

    has_link = True

    def __init__(self, channel: socket.socket, pid: int, *, user_namespace: bool, ipv6: bool) -> None:
        self._channel = channel
        self._lock = threading.Lock()
        self.ipv6 = ipv6
        self._unreachable: dict[str, IcmpError] = {}
        self.launcher = Namespaces(pid, user_namespace)

    def address(self, kind: Literal["ipv4", "ipv6"], number: int) -> str:
        """Return the address of a server by its number. Raises NoIpv6."""
        if kind == "ipv6" and not self.ipv6:
            raise NoIpv6(errno.EAFNOSUPPORT, "this machine's kernel has no IPv6")
        return server_address(kind, number)

    def dns_sockets(self, address: str) -> tuple[socket.socket, socket.socket]:
        """Open a UDP and a TCP socket, bound to port 53 of `address`."""
        udp = self._open(address, socket.SOCK_DGRAM, (address, DNS_PORT))
        return udp, self._open(address, socket.SOCK_STREAM, (address, DNS_PORT))

    def smtp_sockets(self, addresses: tuple[str, ...]) -> tuple[socket.socket, ...]:
        """Open one TCP socket for each address, bound to port 25, none listening."""
        return tuple(self._open(address, socket.SOCK_STREAM, (address, SMTP_PORT)) for address in addresses)

    def https_socket(self, address: str) -> socket.socket:
        """Open a TCP socket bound to port 443 of `address`, not listening."""
        return self._open(address, socket.SOCK_STREAM, (address, HTTPS_PORT))

    def unbound_socket(self, address: str) -> socket.socket:
        """Open an unbound TCP socket on the internet's side, of the family of `address`."""
        return self._open(address, socket.SOCK_STREAM, None)

    def capture(self) -> LinkTap:
        """Open a packet socket at the internet's end of the link."""
        return LinkTap(
            sock=self._request_socket({"do": "capture"}),
            router=(GATEWAY_V4, GATEWAY_V6),
            is_own=is_own,
            icmp_error=self._unreachable.get,
        )

    def set_unreachable(self, address: str, error: IcmpError | None) -> None:
        """Drop packets to `address`, to be answered with this ICMP error by the capture's reader. None restores it."""
        if (address in self._unreachable) != (error is not None):
            self._request({"do": "black-hole", "address": address, "on": error is not None})
        if error is None:
            self._unreachable.pop(address, None)
        else:
            self._unreachable[address] = error

    def set_link(self, *, up: bool) -> None:
        """Take the link down or up."""
        self._request({"do": "link", "up": up})

    def set_packet_loss(self, address: str, losses: Sequence[LosePackets]) -> None:
        """Lose these packets to and from `address`, replacing earlier losses. Raises NetworkLacks without nftables."""
        try:
            self._request({"do": "packet-loss", "address": address, "losses": [asdict(loss) for loss in losses]})
        except SandboxError as error:
            if error.errno in _NOT_IN_THIS_KERNEL:
                raise NetworkLacks(
                    error.errno, f"packet loss needs nftables, which this kernel does not have ({error.strerror})"
                ) from error
            raise

    def lost_packets(self, address: str) -> int:
        """Return the number of packets lost to and from `address` since its losses were set."""
        with self._lock:
            reply, _ = ask(self._channel, {"do": "lost-packets", "address": address})
        return int(reply["number"])

    def close(self) -> None:
        """End every process of the world and its network. May be called again."""
        self._channel.close()

    def _open(self, address: str, kind: socket.SocketKind, bind: tuple[str, int] | None) -> socket.socket:
        family, protocol = (socket.AF_INET6 if ":" in address else socket.AF_INET), 0
        if kind is socket.SOCK_STREAM:
            protocol = socket.IPPROTO_TCP  # see mailfault_servers.network
        request = {"do": "socket", "family": family, "type": kind, "protocol": protocol, "bind": bind}
        return self._request_socket(request)

    def _request_socket(self, request: dict[str, Any]) -> socket.socket:
        with self._lock:
            _, descriptors = ask(self._channel, request)
        made = socket.socket(fileno=descriptors[0])
        made.setblocking(False)
        return made

    def _request(self, request: dict[str, Any]) -> None:
        with self._lock:
            ask(self._channel, request)


class Sandbox:
    """The running broker. One serves all worlds of a process; any thread may open worlds."""

    def __init__(self, *, as_anybody: bool = False) -> None:
        """Start it. `as_anybody`: in a user namespace, even as root. Raises NoSandbox."""
        _check_machine()
        self._lock = threading.Lock()
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        way = ["user-namespace"] if as_anybody else []
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mailfault.sandbox.broker", str(theirs.fileno()), *way],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(_import_path())},
                start_new_session=True,
            )
        self._channel.settimeout(_TIMEOUT_S)
        try:
            self._why_a_user_namespace = str(self._receive_ready()["why_a_user_namespace"])
        except BaseException:
            self.close()
            raise

    def _receive_ready(self) -> dict[str, Any]:
        try:
            reply, _ = receive(self._channel)
        except (EOFError, TimeoutError):
            self._process.kill()
            assert self._process.stderr is not None
            lines = self._process.stderr.read().decode("utf-8", "replace").strip().splitlines()
            raise NoSandbox(
                f"the sandbox's broker did not start: {lines[-1] if lines else 'it wrote nothing'}"
            ) from None
        if "error" in reply:
            raise NoSandbox(f"{reply['error']}; {remedy_for(int(reply['errno']))}")
        return reply

    @property
    def user_namespace(self) -> bool:
        """True if its worlds belong to a user namespace."""
        return bool(self._why_a_user_namespace)

    @property
    def way(self) -> str:
        """The rights that it uses, as text, with the reason if they are not root's."""
        return f"user namespace: {self._why_a_user_namespace}" if self.user_namespace else "as root"

    def open_world(
        self, *, resolver: str = server_address("ipv4", NAME_SERVER), search: Sequence[str] = ()
    ) -> SandboxWorld:
        """Open a network for one world, whose programs use the name server at `resolver`. Raises OSError."""
        folder = Path(tempfile.mkdtemp(prefix="mailfault-etc-"))
        try:
            folder.chmod(0o755)  # programs that drop their rights read these files, too
            for name, text in _etc_files(resolver, search).items():
                (folder / name).write_text(text)
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            ours.settimeout(_TIMEOUT_S)
            enable_credentials(ours)
            try:
                with theirs, self._lock:
                    ask(self._channel, {"do": "open", "folder": str(folder)}, [theirs.fileno()])
                ready, pid = receive_with_sender(ours)
                if "error" in ready:
                    raise SandboxError(ready["errno"], ready["error"])
            except BaseException:
                ours.close()
                raise
        finally:
            # The mounts keep the files until the world ends, even without their names.
            shutil.rmtree(folder, ignore_errors=True)
        return SandboxWorld(ours, pid, user_namespace=self.user_namespace, ipv6=bool(ready["ipv6"]))

    def close(self) -> None:
        """End the broker and every open world. May be called again."""
        self._channel.close()
        if self._process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            self._process.kill()
        self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()


def _etc_files(resolver: str, search: Sequence[str]) -> dict[str, str]:
    searched = f"search {' '.join(search)}\n" if search else ""
    return {
        "resolv.conf": f"{searched}nameserver {resolver}\noptions timeout:1 attempts:2 trust-ad\n",
        "hosts": f"127.0.0.1 localhost\n::1 localhost\n{CLIENT_V4} {HOST_NAME}\n{CLIENT_V6} {HOST_NAME}\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\n",
    }


def _import_path() -> list[str]:
    """Return the folders in which the broker finds these packages."""
    roots = (str(Path(package.__path__[0]).parent) for package in (mailfault, mailfault_servers))
    return [*dict.fromkeys(roots), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]


def _check_machine() -> None:
    if sys.platform != "linux":
        raise NoSandbox(
            f"it needs Linux namespaces, and this is {sys.platform}; run mailfault in a Linux virtual machine"
        )
    if shutil.which("nsenter") is None:
        raise NoSandbox("there is no program 'nsenter' on the PATH; install util-linux")


_lock = threading.Lock()
_shared: Sandbox | NoSandbox | None = None


def shared_sandbox() -> Sandbox:
    """Return the sandbox of this process, which is started and tested on first use and ends with the servers' loop.

    Raises NoSandbox, each time, if it does not work here.
    """
    global _shared
    with _lock:
        if _shared is None:
            try:
                _shared = _start_and_test()
            except NoSandbox as reason:
                _shared = reason
            else:
                atexit.register(_shared.close)
                when_it_stops(_close_shared)
        if isinstance(_shared, NoSandbox):
            raise _shared
        return _shared


async def _close_shared() -> None:
    global _shared
    with _lock:
        if isinstance(_shared, Sandbox):
            atexit.unregister(_shared.close)
            _shared.close()
        _shared = None


def _start_and_test() -> Sandbox:
    sandbox = Sandbox()
    try:
        world = sandbox.open_world()
        try:
            subprocess.run(world.launcher.command(["true"]), check=True, capture_output=True, timeout=_TIMEOUT_S)
        finally:
            world.close()
    except (OSError, EOFError) as error:
        sandbox.close()
        number = getattr(error, "errno", 0) or 0
        raise NoSandbox(f"no world can be opened: {error}; {remedy_for(number)}") from error
    except subprocess.SubprocessError as error:
        sandbox.close()
        stderr = (getattr(error, "stderr", None) or b"").decode("utf-8", "replace").strip()
        raise NoSandbox(f"no program can be started in a world: {stderr or error}") from error
    return sandbox
