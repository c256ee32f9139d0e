import socket

import pytest

from fake_servers.clock import SystemClock
from fake_servers.fault import find_fault
from fake_servers.journal import Journal, PortOpened
from fake_servers.loop import run_on_loop
from fake_servers.network import HostNetwork
from fake_servers.smtp.host import SmtpHost


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
