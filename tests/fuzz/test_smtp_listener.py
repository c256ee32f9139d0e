"""Bytes at an SMTP host, in clear, at STARTTLS, and with faults in force: it ends every connection and serves the next."""

import contextlib
import gc
import resource
import smtplib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailfault_servers.clock import SystemClock
from mailfault_servers.fault import find_fault
from mailfault_servers.journal import Journal
from mailfault_servers.loop import run_on_loop
from mailfault_servers.network import HostNetwork
from mailfault_servers.smtp.host import SmtpHost
from mailfault_servers.tls.authority import shared_authority
from tests.fuzz.fuzzing import check_journal, fuzz, mangled, tasks_left, watched_loop

NAME = "mx1.dest.example"
SEEDS = (
    b"EHLO c\r\nMAIL FROM:<a@b> SIZE=10\r\nRCPT TO:<c@dest.example>\r\nDATA\r\nSubject: x\r\n\r\nhello\r\n.\r\nQUIT\r\n",
    b"HELO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@dest.example>\r\nRCPT TO:<b@dest.example>\r\nRSET\r\nQUIT\r\n",
    b"EHLO [127.0.0.1]\r\nNOOP\r\nVRFY x\r\nEXPN y\r\nHELP\r\nAUTH PLAIN AGEAYg==\r\nBDAT 5 LAST\r\nhello",
    "EHLO ü\r\nMAIL FROM:<ü@ü> SMTPUTF8 BODY=8BITMIME\r\nRCPT TO:<ü@dest.example>\r\nDATA\r\n..\r\n.\r\n".encode(),
)
TLS_SEEDS = (
    b"EHLO c\r\nSTARTTLS\r\n\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03",
    b"EHLO c\r\nSTARTTLS\r\n\x15\x03\x01\x00\x02\x02\x28",
    b"EHLO c\r\nSTARTTLS\r\nMAIL FROM:<a@b>\r\n",
)
FAULTS: tuple[dict[str, Any], ...] = (
    {"use": "smtp.reply", "at": "rcpt", "reply": "451 4.3.0 no"},
    {"use": "smtp.cut-message", "after_bytes": 3},
    {"use": "smtp.second-reply", "at": "mail"},
    {"use": "smtp.dripped-reply", "at": "ehlo", "every": 0.0001},
    {"use": "tls.flipped-byte"},
    {"use": "tls.garbage"},
)


@contextlib.contextmanager
def host(*faults: dict[str, Any]) -> Iterator[tuple[tuple[str, int], Journal, SmtpHost]]:
    (sock,) = HostNetwork().smtp_sockets(("127.0.0.10",))
    endpoint = sock.getsockname()[:2]
    clock = SystemClock()
    journal = Journal(clock)
    built = [
        find_fault(entry["use"]).model_validate({k: v for k, v in entry.items() if k != "use"}) for entry in faults
    ]
    server = SmtpHost(
        name=NAME, sockets=(sock,), faults=built, journal=journal, clock=clock, authority=shared_authority()
    )
    with watched_loop():
        run_on_loop(server.start())
        try:
            yield (str(endpoint[0]), int(endpoint[1])), journal, server
        finally:
            run_on_loop(server.close())
        check_journal(journal)
        assert tasks_left() == 0


def throw(endpoint: tuple[str, int], data: bytes) -> None:
    """Say it all, say FIN, and wait until the server has ended the connection too."""
    with socket.create_connection(endpoint, timeout=10.0) as sock, contextlib.suppress(ConnectionError):
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        try:
            while sock.recv(65536):
                pass
        except TimeoutError:
            raise AssertionError(f"still open: {data[:200]!r} ({len(data)} bytes)") from None


def still_serves(endpoint: tuple[str, int]) -> None:
    with smtplib.SMTP(*endpoint, local_hostname="c", timeout=20) as client:
        client.sendmail("a@b.example", ["c@dest.example"], b"Subject: x\r\n\r\nhello\r\n")


@fuzz(60)
@given(st.lists(mangled(SEEDS), min_size=1, max_size=3))
def test_whatever_is_said_every_connection_ends_and_the_next_is_served(conversations: list[bytes]) -> None:
    with host() as (endpoint, journal, _):
        for data in conversations:
            throw(endpoint, data)
        still_serves(endpoint)
        assert len({entry.session for entry in journal if entry.session is not None}) == len(conversations) + 1


@fuzz(40)
@given(mangled(TLS_SEEDS))
def test_whatever_comes_in_place_of_a_handshake_the_connection_ends(data: bytes) -> None:
    with host() as (endpoint, _, _):
        throw(endpoint, data)
        still_serves(endpoint)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault["use"]))
@fuzz(12)
@given(data=mangled((*SEEDS, *TLS_SEEDS)))
def test_faults_do_not_make_it_worse(fault: dict[str, Any], data: bytes) -> None:
    with host(fault) as (endpoint, _, _):
        throw(endpoint, data)


def test_a_hundred_connections_leave_nothing_behind() -> None:
    with host() as (endpoint, _, server):
        for number in range(100):
            throw(endpoint, SEEDS[number % len(SEEDS)][: 10 + number])
        run_on_loop(server.settle(5.0))
        assert len(server._sessions) == 0


def in_tls(endpoint: tuple[str, int], data: bytes) -> None:
    """Say it under TLS, close, and wait until the server has ended the connection too."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(endpoint, timeout=10.0) as sock, contextlib.suppress(OSError):
        sock.sendall(b"EHLO c\r\nSTARTTLS\r\n")
        told = b""
        while b"220 2.0.0 Ready" not in told:
            told += sock.recv(65536)
        with context.wrap_socket(sock) as secured:
            secured.sendall(data)
            secured.unwrap()


@fuzz(40)
@given(mangled(SEEDS))
def test_whatever_is_said_under_tls_the_next_is_served(data: bytes) -> None:
    with host() as (endpoint, _, _):
        in_tls(endpoint, data)
        still_serves(endpoint)


@pytest.mark.parametrize(
    "data", [b"", b"\x16\x03", b"x" * 200_000], ids=["nothing", "half a record", "too much to read"]
)
def test_a_fin_that_comes_with_starttls_ends_the_connection(data: bytes) -> None:
    with host() as (endpoint, _, _):
        throw(endpoint, b"EHLO c\r\nSTARTTLS\r\n" + data)


def test_clients_that_keep_silent_are_left_when_the_host_closes() -> None:
    states = (b"", b"EH", b"EHLO c\r\n", SEEDS[0][:120], b"EHLO c\r\nSTARTTLS\r\n", b"x" * 300_000)
    with contextlib.ExitStack() as held:
        with host() as (endpoint, _, _):
            for data in states * 4:
                sock = held.enter_context(socket.create_connection(endpoint, timeout=10.0))
                sock.sendall(data)
            still_serves(endpoint)


def test_hundreds_of_conversations_leave_no_descriptor_and_little_memory() -> None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("open descriptors are counted in /proc")
    sizes, counts = [], []
    for _ in range(3):
        with host() as (endpoint, _, _):
            for number in range(100):
                throw(endpoint, (*SEEDS, *TLS_SEEDS)[number % 7])
        gc.collect()
        counts.append(len(list(descriptors.iterdir())))
        sizes.append(int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize())
    assert counts[1] == counts[2]
    assert sizes[2] - sizes[1] < 20_000_000
