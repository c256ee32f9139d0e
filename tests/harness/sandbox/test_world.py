"""A world of the sandbox, as the programs inside see it."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import pytest

from mailfault.sandbox.sandbox import Sandbox, SandboxWorld

LIMIT_S = 30.0


def inside(world: SandboxWorld, *arguments: str) -> str:
    """Run a program inside and return its output."""
    return subprocess.run(
        world.launcher.command(arguments), check=True, capture_output=True, text=True, timeout=LIMIT_S
    ).stdout


def python(world: SandboxWorld, program: str, *arguments: str) -> str:
    return inside(world, sys.executable, "-c", program, *arguments)


def listening(world: SandboxWorld, address: str) -> socket.socket:
    (made,) = world.smtp_sockets((address,))
    made.listen()
    made.settimeout(LIMIT_S)
    return made


CONNECT = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=20) as made:
    made.sendall(b"over the link")
    print(made.getpeername()[1], made.getsockname()[0])
"""


@pytest.mark.parametrize(("kind", "own"), [("ipv4", "198.19.0.2"), ("ipv6", "2001:2:0:2::2")])
def test_a_program_inside_reaches_a_server_of_this_process_on_port_25(world: SandboxWorld, kind: str, own: str) -> None:
    address = world.address(kind, 10)  # type: ignore[arg-type]
    with listening(world, address) as server:
        assert python(world, CONNECT, address, "25").split() == ["25", own]
        connection, peer = server.accept()
        with connection:
            connection.settimeout(LIMIT_S)
            assert (connection.recv(100), peer[0]) == (b"over the link", own)


BIND = """
import errno, socket, sys
for address in sys.argv[1:]:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as made:
        try:
            made.bind((address, 0))
            print("own")
        except OSError as error:
            print(errno.errorcode[error.errno])
"""


@pytest.mark.parametrize(("kind", "own"), [("ipv4", "198.19.0.2"), ("ipv6", "2001:2:0:2::2")])
def test_every_address_of_a_server_is_elsewhere_to_the_programs_inside(
    world: SandboxWorld, kind: Literal["ipv4", "ipv6"], own: str
) -> None:
    """With one namespace for both, an MTA takes the servers' addresses for its own and refuses to send there."""
    assert python(world, BIND, world.address(kind, 10), own).split() == ["EADDRNOTAVAIL", "own"]


def test_many_servers_share_port_25_each_at_its_own_address(world: SandboxWorld) -> None:
    addresses = (*(world.address("ipv4", number) for number in (10, 11, 12)), world.address("ipv6", 10))
    sockets = world.smtp_sockets(addresses)
    with contextlib.ExitStack() as opened:
        assert [sock.getsockname()[:2] for sock in map(opened.enter_context, sockets)] == [
            (address, 25) for address in addresses
        ]


def test_names_are_asked_at_the_name_server_of_the_world(world: SandboxWorld) -> None:
    udp, tcp = world.dns_sockets(world.address("ipv4", 2))
    with udp, tcp:
        udp.settimeout(LIMIT_S)
        program = "import socket\ntry: socket.gethostbyname('mx1.dest.example')\nexcept OSError: pass"
        asking = threading.Thread(target=python, args=(world, program), daemon=True)
        asking.start()
        query, asker = udp.recvfrom(512)
        assert (asker[0], b"\x03mx1\x04dest\x07example\x00" in query) == ("198.19.0.2", True)
        udp.sendto(query[:2] + b"\x81\x83" + query[4:], asker)  # NXDOMAIN
        asking.join(LIMIT_S)
        assert not asking.is_alive()


def test_files_of_etc_are_the_worlds_own_and_nobody_elses(sandbox: Sandbox, world: SandboxWorld) -> None:
    before = Path("/etc/resolv.conf").read_text()
    other = sandbox.open_world(resolver="198.18.0.77", search=("corp.example",))
    try:
        assert "nameserver 198.18.0.2\n" in inside(world, "cat", "/etc/resolv.conf")
        text = inside(other, "cat", "/etc/resolv.conf")
        assert "nameserver 198.18.0.77\n" in text
        assert "search corp.example\n" in text
    finally:
        other.close()
    assert Path("/etc/resolv.conf").read_text() == before
    assert "hosts: files dns" in inside(world, "cat", "/etc/nsswitch.conf")
    assert inside(world, "uname", "-n") == "client.example\n"
    assert "client.example" in inside(world, "cat", "/etc/hosts")


def test_a_program_keeps_its_folder_its_environment_and_its_exit_status(
    world: SandboxWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAILFAULT_TRY", "kept")
    done = subprocess.run(
        world.launcher.command(["sh", "-c", "pwd; echo $MAILFAULT_TRY; exit 77"]), capture_output=True, text=True
    )
    assert (done.stdout.split(), done.returncode) == ([str(tmp_path), "kept"], 77)


def test_there_is_no_way_out(world: SandboxWorld) -> None:
    """192.0.2.1 is reserved for documentation: a packet that escaped would reach no host (RFC 5737)."""
    program = """
import socket
for address in ("192.0.2.1", "127.0.0.1"):
    try:
        socket.create_connection((address, 25), timeout=0.3)
    except OSError as error:
        print(type(error).__name__)
"""
    assert python(world, program).split() in (
        ["TimeoutError", "ConnectionRefusedError"],
        ["OSError", "ConnectionRefusedError"],
    )


def test_worlds_do_not_see_each_other(sandbox: Sandbox) -> None:
    first, second = sandbox.open_world(), sandbox.open_world()
    try:
        address = first.address("ipv4", 10)
        with listening(first, address):
            refused = "import socket, sys\nprint(socket.socket().connect_ex((sys.argv[1], 25)))"
            assert python(second, refused, address) == "111\n"  # ECONNREFUSED: nothing listens in the second
            assert python(first, refused, address) == "0\n"
    finally:
        first.close()
        second.close()


def test_what_a_program_left_running_ends_with_the_world(sandbox: Sandbox, tmp_path: Path) -> None:
    world = sandbox.open_world()
    pid_file = tmp_path / "held"
    os.mkfifo(pid_file)
    # The daemon holds the FIFO open for writing: its end is seen as the end of the file.
    inside(
        world, "sh", "-c", f"setsid sh -c 'exec 3>{pid_file}; echo there >&3; exec sleep 1000' </dev/null >&0 2>&0 &"
    )
    with pid_file.open("rb", buffering=0) as reading:
        assert reading.readline() == b"there\n"
        world.close()
        assert reading.read() == b""


def test_a_hundred_worlds_at_once(sandbox: Sandbox) -> None:
    worlds: list[SandboxWorld] = []
    try:
        for _ in range(100):
            worlds.append(sandbox.open_world())
        address = worlds[0].address("ipv4", 10)
        for world in worlds:  # each has the same address to itself
            (made,) = world.smtp_sockets((address,))
            made.close()
        assert len({Path(f"/proc/{world.launcher.pid}/ns/net").readlink() for world in worlds}) == 100
    finally:
        for world in worlds:
            world.close()


TRY = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], 25), timeout=0.3)
except OSError as error:
    print(type(error).__name__)
"""


def test_the_link_can_be_taken_down_and_up_again(world: SandboxWorld) -> None:
    addresses = (world.address("ipv4", 10), world.address("ipv6", 10))
    for address in addresses:
        with listening(world, address):
            world.set_link(up=False)
            assert python(world, TRY, address) == "TimeoutError\n"
            world.set_link(up=True)
            assert python(world, CONNECT, address, "25").startswith("25 ")


def descendants(pid: int) -> list[int]:
    """Return the descendants of a process, from /proc."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found, left = [], [pid]
    while left:
        below = children.get(left.pop(), [])
        found += below
        left += below
    return found


def started(of: Iterable[int]) -> dict[int, str]:
    """Return the start time of each process, which tells a reused number from the first process."""
    found = {}
    for pid in of:
        with contextlib.suppress(OSError):
            found[pid] = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return found


def still(processes: Mapping[int, str]) -> dict[int, str]:
    """Return the processes that have not ended."""
    return {pid: began for pid, began in started(processes).items() if processes[pid] == began}


def test_kill_9_of_the_harness_leaves_no_process_no_namespace_and_no_file(sandbox: Sandbox, tmp_path: Path) -> None:
    program = """
import subprocess, sys, time
from mailfault.sandbox.sandbox import shared_sandbox
worlds = [shared_sandbox().open_world() for _ in range(3)]
daemons = [subprocess.Popen(world.launcher.command(["setsid", "sleep", "1000"])) for world in worlds]
for world in worlds:
    subprocess.run(world.launcher.command(["true"]), check=True)
print("ready", flush=True)
time.sleep(1000)
"""
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        start_new_session=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    ) as harness:
        assert harness.stdout is not None
        assert harness.stdout.readline() == b"ready\n"
        below = started(descendants(harness.pid))
        harness.kill()
        harness.wait()
    assert len(below) >= 8  # the broker and its outer half, three worlds, three daemons
    until_s = time.monotonic() + LIMIT_S
    while (left := still(below)) and time.monotonic() < until_s:
        time.sleep(0.01)
    assert left == {}
    assert list(tmp_path.iterdir()) == []


def test_the_rights_are_described_with_the_reason(as_anybody: Sandbox) -> None:
    if os.geteuid() == 0:
        assert as_anybody.way == "user namespace: root may make no others here (on request)"
    else:
        assert as_anybody.way == "user namespace: this user is not root"


def test_the_first_packet_is_answered_however_many_worlds_open(sandbox: Sandbox) -> None:
    """A link end whose carrier the kernel has not noticed yet drops packets. The client would then repeat its ARP request
    after a second."""

    def asked_and_answered(_: int) -> tuple[int, int]:
        world = sandbox.open_world()
        try:
            with world.capture().sock as capture, listening(world, world.address("ipv4", 10)):
                inside(world, "bash", "-c", "exec 3<>/dev/tcp/198.18.0.10/25")  # which is there sooner than Python
                frames = []
                with contextlib.suppress(BlockingIOError):
                    while True:
                        frames.append(capture.recv(65536))
        finally:
            world.close()
        operations = [frame[21] for frame in frames if frame[12:14] == b"\x08\x06" and frame[38:42] != frame[28:32]]
        return operations.count(1), operations.count(2)

    with ThreadPoolExecutor(16) as threads:
        counts = list(threads.map(asked_and_answered, range(120)))
    assert all(asked == answered > 0 for asked, answered in counts)
