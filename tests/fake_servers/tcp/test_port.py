import contextlib
import os
import smtplib
import socket
from pathlib import Path

import pytest

from mailfault_servers.clock import SystemClock
from mailfault_servers.facts import PortOpened
from mailfault_servers.fault import find_fault
from mailfault_servers.journal import Journal
from mailfault_servers.loop import run_on_loop
from mailfault_servers.network import HostNetwork
from mailfault_servers.smtp.host import SmtpHost


@pytest.mark.parametrize(
    ("fault", "state", "error"),
    [("tcp.refuse", "refusing", ConnectionRefusedError), ("tcp.unresponsive", "unresponsive", TimeoutError)],
)
def test_a_port_that_takes_no_connection(fault: str, state: str, error: type[OSError]) -> None:
    (sock,) = HostNetwork().smtp_sockets(("127.0.0.10",))
    endpoint = sock.getsockname()
    journal = Journal(SystemClock())
    built = [find_fault(fault)()]
    host = SmtpHost(name="mx1", sockets=(sock,), faults=built, journal=journal, clock=SystemClock(), authority=None)
    run_on_loop(host.start())
    try:
        for _ in range(2):
            with pytest.raises(error):
                socket.create_connection(endpoint, timeout=0.2)
    finally:
        run_on_loop(host.close())
    (opened,) = [entry.fact for entry in journal if isinstance(entry.fact, PortOpened)]
    assert (opened.address, opened.state) == ("127.0.0.10", state)


@pytest.mark.parametrize("fault", ["tcp.refuse", "tcp.unresponsive"])
def test_a_port_changes_from_one_delivery_to_the_next(fault: str) -> None:
    (sock,) = HostNetwork().smtp_sockets(("127.0.0.10",))
    endpoint = sock.getsockname()
    journal = Journal(SystemClock())
    built = [find_fault(fault)(attempts=(1, 3))]
    host = SmtpHost(name="mx1", sockets=(sock,), faults=built, journal=journal, clock=SystemClock(), authority=None)
    run_on_loop(host.start())
    greeted = []
    try:
        for _ in range(4):
            try:
                with socket.create_connection(endpoint, timeout=0.2) as client:
                    greeted.append(client.recv(3))
            except OSError:
                greeted.append(b"")
            journal.attempt += 1
            run_on_loop(host.begin_delivery())
    finally:
        run_on_loop(host.close())
    assert greeted == [b"", b"220", b"", b"220"]
    states = [(entry.attempt, entry.fact.state) for entry in journal if isinstance(entry.fact, PortOpened)]
    shut = "refusing" if fault == "tcp.refuse" else "unresponsive"
    assert states == [(1, shut), (2, "listening"), (3, shut), (4, "listening")]


def test_a_connection_outlives_the_listening_of_its_port() -> None:
    (sock,) = HostNetwork().smtp_sockets(("127.0.0.10",))
    endpoint = sock.getsockname()
    journal = Journal(SystemClock())
    built = [find_fault("tcp.refuse")(attempts=(2,))]
    host = SmtpHost(name="mx1", sockets=(sock,), faults=built, journal=journal, clock=SystemClock(), authority=None)
    run_on_loop(host.start())
    try:
        with smtplib.SMTP(endpoint[0], endpoint[1], timeout=5) as kept:
            journal.attempt = 2
            run_on_loop(host.begin_delivery())
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(endpoint, timeout=5)
            assert kept.noop()[0] == 250
    finally:
        run_on_loop(host.close())


def test_a_port_changes_although_a_process_that_is_being_started_still_holds_it() -> None:
    (sock,) = HostNetwork().smtp_sockets(("127.0.0.10",))
    endpoint = sock.getsockname()
    journal = Journal(SystemClock())
    built = [find_fault("tcp.refuse")(attempts=(2,))]
    host = SmtpHost(name="mx1", sockets=(sock,), faults=built, journal=journal, clock=SystemClock(), authority=None)
    run_on_loop(host.start())
    with contextlib.ExitStack() as held:
        for descriptor in Path("/proc/self/fd").iterdir():  # what fork() would do
            with contextlib.suppress(OSError):
                copy = held.enter_context(socket.socket(fileno=os.dup(int(descriptor.name))))
                if copy.family is not socket.AF_INET or copy.getsockname() != endpoint:
                    copy.close()
        try:
            journal.attempt = 2
            run_on_loop(host.begin_delivery())
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(endpoint, timeout=5)
            journal.attempt = 3
            run_on_loop(host.begin_delivery())
            with smtplib.SMTP(endpoint[0], endpoint[1], timeout=5) as client:
                assert client.noop()[0] == 250
        finally:
            run_on_loop(host.close())
