"""Packet loss between a client and one address, as the programs inside see it."""

import contextlib
import errno
import socket
import sys
import threading
from typing import Any, Literal

import pytest

from mailfault.sandbox.message import SandboxError
from mailfault.sandbox.sandbox import SandboxWorld
from mailfault_servers.action import LosePackets
from mailfault_servers.network import NetworkLacks
from tests.harness.sandbox.test_world import LIMIT_S, inside, listening

Kind = Literal["ipv4", "ipv6"]
TOWARDS_HOST = LosePackets(towards="host")
NUMBERED = """
import socket, sys
address, elsewhere, count, length = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as made:
    for number in range(count):
        made.sendto(b"%04d" % number + b"." * (length - 4), (address, 53))
    made.sendto(b"over", (elsewhere, 53))
"""
HEARS = """
import socket, sys
with socket.create_connection((sys.argv[1], 25), timeout=20) as made:
    made.settimeout(float(sys.argv[2]))
    try:
        print(made.recv(10).decode())
    except TimeoutError:
        print("nothing")
"""


def arrived(world: SandboxWorld, address: str, *, count: int, length: int = 100) -> list[int]:
    """Send `count` datagrams to the address, numbered from 0, and return those that arrive. `length` is their payload's."""
    elsewhere = world.address("ipv6" if ":" in address else "ipv4", 20)
    with contextlib.ExitStack() as opened:
        udp, last = [opened.enter_context(sock) for at in (address, elsewhere) for sock in world.dns_sockets(at)][::2]
        last.settimeout(LIMIT_S)
        inside(world, sys.executable, "-c", NUMBERED, address, elsewhere, str(count), str(length))
        assert last.recv(4) == b"over"  # so all earlier packets have arrived or are lost
        found = []
        while True:
            try:
                found.append(int(udp.recv(65535)[:4]))
            except BlockingIOError:
                return found


@pytest.mark.parametrize("kind", ["ipv4", "ipv6"])
def test_every_nth_packet_is_lost_and_counted(world: SandboxWorld, kind: Kind) -> None:
    address, other = world.address(kind, 10), world.address(kind, 11)
    world.set_packet_loss(address, (LosePackets(towards="host", every=3),))
    assert arrived(world, address, count=9) == [0, 1, 3, 4, 6, 7]
    assert arrived(world, other, count=9) == list(range(9))
    assert (world.lost_packets(address), world.lost_packets(other)) == (3, 0)


@pytest.mark.parametrize("kind", ["ipv4", "ipv6"])
def test_the_first_packets_are_lost_and_counted_again_after_a_change(world: SandboxWorld, kind: Kind) -> None:
    address = world.address(kind, 10)
    for _ in range(2):
        world.set_packet_loss(address, (LosePackets(towards="host", first=2),))
        assert arrived(world, address, count=5) == [2, 3, 4]
        assert world.lost_packets(address) == 2
    world.set_packet_loss(address, ())
    assert arrived(world, address, count=3) == [0, 1, 2]
    assert world.lost_packets(address) == 0


@pytest.mark.parametrize(("kind", "headers"), [("ipv4", 28), ("ipv6", 48)])
def test_packets_longer_than_the_path_carries_are_lost(world: SandboxWorld, kind: Kind, headers: int) -> None:
    address = world.address(kind, 10)
    world.set_packet_loss(address, (LosePackets(towards="host", longer_than=600),))
    assert arrived(world, address, count=1, length=600 - headers) == [0]
    assert arrived(world, address, count=1, length=601 - headers) == []
    assert world.lost_packets(address) == 1


def answer(server: socket.socket, sent: bytes) -> None:
    """Send this on the first connection, and wait until the client closes."""
    connection, _ = server.accept()
    with connection:
        connection.settimeout(LIMIT_S)
        connection.sendall(sent)
        connection.recv(1)


def test_loss_towards_the_client_leaves_the_other_direction_alone(world: SandboxWorld) -> None:
    address = world.address("ipv4", 10)
    world.set_packet_loss(address, (LosePackets(towards="client", longer_than=200),))
    assert arrived(world, address, count=2, length=500) == [0, 1]
    for sent, heard in ((b"short", "short\n"), (b"long." * 100, "nothing\n")):
        with listening(world, address) as server:
            answering = threading.Thread(target=answer, args=(server, sent), daemon=True)
            answering.start()
            assert inside(world, sys.executable, "-c", HEARS, address, "0.6") == heard
            answering.join(LIMIT_S)
            assert not answering.is_alive()
    assert world.lost_packets(address) >= 1


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.EPROTONOSUPPORT, errno.ENOENT])
def test_a_kernel_without_nftables_raises_network_lacks(
    world: SandboxWorld, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refused(request: dict[str, Any]) -> None:
        assert request["do"] == "packet-loss"
        raise SandboxError(number, "the kernel's packet filter: no")

    monkeypatch.setattr(world, "_request", refused)
    with pytest.raises(NetworkLacks, match="needs nftables, which this kernel does not have"):
        world.set_packet_loss(world.address("ipv4", 10), (TOWARDS_HOST,))


def test_another_error_is_passed_on(world: SandboxWorld) -> None:
    world.close()
    with pytest.raises(OSError, match=r".") as error:
        world.set_packet_loss("198.18.0.10", (TOWARDS_HOST,))
    assert not isinstance(error.value, NetworkLacks)
