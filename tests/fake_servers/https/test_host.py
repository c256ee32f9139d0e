"""The policy host on a real socket, asked by http.client."""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from mailfault_servers.clock import SystemClock
from mailfault_servers.fault import find_fault
from mailfault_servers.https.event import WELL_KNOWN
from mailfault_servers.https.host import PolicyHost
from mailfault_servers.https.policy import policy_text
from mailfault_servers.journal import Journal
from mailfault_servers.loop import run_on_loop
from mailfault_servers.network import HostNetwork
from mailfault_servers.tls.authority import shared_authority

NAME = "mta-sts.dest.example"
POLICY = policy_text(mode="enforce", mx=("mx1.dest.example",), max_age=86400)
LIMIT_S = 5.0


@contextmanager
def running(*faults: dict[str, Any]) -> Iterator[tuple[int, Journal]]:
    clock = SystemClock()
    journal = Journal(clock)
    (sock,) = HostNetwork().smtp_sockets(("127.0.0.3",))
    host = PolicyHost(
        name=NAME,
        sock=sock,
        policy=POLICY,
        faults=[
            find_fault(settings["use"]).model_validate({k: v for k, v in settings.items() if k != "use"})
            for settings in faults
        ],
        journal=journal,
        clock=clock,
        authority=shared_authority(),
    )
    run_on_loop(host.start())
    try:
        yield int(sock.getsockname()[1]), journal
    finally:
        run_on_loop(host.close())
        run_on_loop(host.close())
    assert not host.connections


def connect(port: int, *, limit_s: float = LIMIT_S) -> ssl.SSLSocket:
    context = ssl.create_default_context(cadata=shared_authority().root_pem.decode())
    raw = socket.create_connection(("127.0.0.3", port), timeout=limit_s)
    try:
        return context.wrap_socket(raw, server_hostname=NAME)
    except BaseException:
        raw.close()
        raise


def ask(port: int, path: str = WELL_KNOWN) -> tuple[int, str, str]:
    with connect(port) as secured:
        secured.sendall(f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
        response = http.client.HTTPResponse(secured)
        try:
            response.begin()
            return response.status, response.getheader("Content-Type", ""), response.read().decode()
        finally:
            response.close()


def kinds(journal: Journal) -> list[str]:
    return [entry.fact.kind for entry in journal]


def test_it_has_one_file() -> None:
    with running() as (port, journal):
        assert ask(port) == (200, "text/plain", POLICY)
        assert ask(port, "/")[0] == 404
    first = [entry.fact for entry in journal if entry.session == 1]
    assert [fact.kind for fact in first] == [
        "connection-accepted",
        "certificate-presented",
        "tls-established",
        "http-requested",
        "http-responded",
    ]
    assert first[1].problems == ()  # type: ignore[attr-defined]
    assert (first[3].method, first[3].path, first[3].host) == ("GET", WELL_KNOWN, NAME)  # type: ignore[attr-defined]
    assert (first[4].status, first[4].length, first[4].text) == (200, len(POLICY), POLICY)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"use": "https.status", "status": 500}, (500, "text/plain", POLICY)),
        ({"use": "https.content-type"}, (200, "text/html", POLICY)),
        ({"use": "https.line-feeds"}, (200, "text/plain", POLICY.replace("\r\n", "\n"))),
        ({"use": "https.late", "by": "50ms"}, (200, "text/plain", POLICY)),
        ({"use": "https.redirect"}, (302, "text/plain", "")),
    ],
)
def test_a_fault_changes_the_answer(fault: dict[str, Any], expected: tuple[int, str, str]) -> None:
    with running(fault) as (port, journal):
        assert ask(port) == expected
    assert "fault-acted" in kinds(journal)


def test_where_it_redirects_to_there_is_the_policy() -> None:
    with running({"use": "https.redirect"}) as (port, _):
        assert ask(port, "/moved/mta-sts.txt") == (200, "text/plain", POLICY)


@pytest.mark.parametrize("use", ["tls.expired", "tls.wrong-name", "tls.self-signed"])
def test_its_certificate_can_be_bad(use: str) -> None:
    with running({"use": use}) as (port, journal):
        with pytest.raises(ssl.SSLCertVerificationError):
            connect(port)
    (presented,) = [entry.fact for entry in journal if entry.fact.kind == "certificate-presented"]
    assert presented.problems  # type: ignore[attr-defined]


@pytest.mark.parametrize("use", ["https.no-tls", "https.close"])
def test_without_tls_there_is_no_handshake(use: str) -> None:
    with running({"use": use}) as (port, journal):
        with pytest.raises(OSError):
            connect(port)
    assert kinds(journal)[-1] == "ended-by-server"


def test_a_silent_host_ends_with_its_world() -> None:
    with running({"use": "https.silent"}) as (port, journal):
        with pytest.raises(TimeoutError):
            connect(port, limit_s=0.1)
    assert kinds(journal)[-1] == "went-silent"


def test_a_refusing_host_takes_no_connection() -> None:
    with running({"use": "tcp.refuse"}) as (port, journal), pytest.raises(ConnectionRefusedError):
        connect(port)
    assert journal.entries[-1].fact.service == "https"  # type: ignore[attr-defined]


@pytest.mark.parametrize("junk", [b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x00\x05", bytes(range(256)) * 40, b""])
def test_bytes_that_are_no_handshake_end_the_connection(junk: bytes) -> None:
    with running() as (port, journal):
        with socket.create_connection(("127.0.0.3", port), timeout=LIMIT_S) as raw:
            raw.sendall(junk)
            raw.shutdown(socket.SHUT_WR)
            try:
                while raw.recv(4096):
                    pass
            except ConnectionError:
                pass
    assert kinds(journal).count("tls-failed") == 1


def test_many_at_once() -> None:
    answers: list[int] = []
    with running() as (port, _):
        threads = [threading.Thread(target=lambda: answers.append(ask(port)[0])) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [200] * 8
