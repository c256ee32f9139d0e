import shlex
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailfault.contract import Limits, Route, Target, TlsPolicy


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    """A target whose doors are shut: ports that are held and never listen."""
    ca_file = tmp_path / "authority.pem"
    ca_file.write_bytes(b"")
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        udp.bind(("127.0.0.1", 0))
        yield Target(
            route=Route.SMART_HOST,
            smart_host="mx1.dest.example",
            smtp_port=tcp.getsockname()[1],
            dns=udp.getsockname(),
            tls=TlsPolicy.OPPORTUNISTIC,
            ca_file=ca_file,
            crl_file=None,
            sender="sender@client.example",
            recipients=("one@dest.example", "two@dest.example"),
            message=b"Subject: x\r\n\r\nbody\r\n",
            limits=Limits(connect_s=0.25, command_s=1.5, dns_s=0.2),
        )


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], str]:
    """Write a Python program; returns the command that runs it."""

    def write(source: str) -> str:
        file = tmp_path / "program.py"
        file.write_text(source)
        return shlex.join([sys.executable, "-S", str(file)])

    return write
