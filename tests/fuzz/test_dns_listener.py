"""Bytes at the name server and at the UDP proxy before it: they answer the next honest question."""

import contextlib
import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from dnslib import DNSRecord
from hypothesis import given
from hypothesis import strategies as st

from mailfault_servers.clock import SystemClock
from mailfault_servers.dns.listener import DnsServer
from mailfault_servers.dns.reading import read_answer
from mailfault_servers.dns.zone import Record, Zone
from mailfault_servers.fault import find_fault
from mailfault_servers.journal import Journal
from mailfault_servers.loop import run_on_loop
from mailfault_servers.network import HostNetwork
from mailfault_servers.udp.proxy import BehindUdpProxy, UdpProxy
from tests.fuzz.fuzzing import check_journal, fuzz, mangled, tasks_left, watched_loop

ZONE = Zone(
    "dest.example", [Record("dest.example", "MX", "10 mx1.dest.example"), Record("mx1.dest.example", "A", "127.0.0.10")]
)
QUESTION = bytes(DNSRecord.question("mx1.dest.example", "A").pack())
EDNS = QUESTION[:10] + b"\0\1" + QUESTION[12:] + b"\0\0\x29\x04\xd0\0\0\x80\0\0\0"
LOOP = QUESTION[:12] + b"\xc0\x0c\0\1\0\1"
SEEDS = (QUESTION, EDNS, LOOP, bytes(DNSRecord.question("dest.example", "MX").pack()))


@contextlib.contextmanager
def server(
    *, proxied: bool, faults: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, int], tuple[str, int], Journal]]:
    clock = SystemClock()
    journal = Journal(clock)
    udp, tcp = HostNetwork().dns_sockets("127.0.0.2")
    address, port = tcp.getsockname()[:2]
    opened: list[Any] = []
    behind: Journal = journal
    public = udp.getsockname()[:2]
    if proxied:
        hidden, unused = HostNetwork().dns_sockets("127.0.0.3")
        unused.close()
        upstream = hidden.getsockname()[:2]
        opened.append(UdpProxy(sock=udp, upstream=upstream, faults=(), journal=journal, clock=clock))
        udp, behind = hidden, BehindUdpProxy(journal)
    opened.append(
        DnsServer(
            zone=ZONE,
            sockets=(udp, tcp),
            faults=[find_fault(identity)() for identity in faults],
            journal=behind,
            clock=clock,
        )
    )
    with watched_loop():
        for server in opened:
            run_on_loop(server.start())
        try:
            yield public, (address, port), journal
        finally:
            for server in opened:
                run_on_loop(server.close())
        check_journal(journal)
        assert tasks_left() == 0


def answers(endpoint: tuple[str, int]) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(20.0)
        sock.sendto(QUESTION, endpoint)
        return read_answer(sock.recv(4096), DNSRecord.parse(QUESTION))[1] == ("A 127.0.0.10",)


@fuzz(80)
@given(st.lists(mangled(SEEDS), min_size=1, max_size=5), st.booleans())
def test_whatever_datagrams_come_the_next_question_is_answered(datagrams: list[bytes], proxied: bool) -> None:
    with server(proxied=proxied) as (public, _, _):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for data in datagrams:
                sock.sendto(data[:60_000], public)
        assert answers(public)


@pytest.mark.parametrize("fault", ["dns.servfail", "dns.lying-counts", "dns.twice", "dns.edns", "dns.tcp-length"])
@fuzz(15)
@given(data=mangled(SEEDS))
def test_faults_do_not_make_it_worse(fault: str, data: bytes) -> None:
    with server(proxied=False, faults=(fault,)) as (public, _, _):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(data[:60_000], public)
            sock.settimeout(0.01)
            with contextlib.suppress(TimeoutError):
                sock.recv(65536)


@fuzz(60)
@given(mangled([struct.pack("!H", len(seed)) + seed for seed in SEEDS] + [b"\xff\xff" + QUESTION, b"\0\0", b"\0"]))
def test_whatever_comes_over_tcp_the_connection_ends(data: bytes) -> None:
    with server(proxied=False) as (public, stream, _):
        with socket.create_connection(stream, timeout=10.0) as sock, contextlib.suppress(ConnectionError):
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65536):
                pass
        assert answers(public)


@fuzz(300)
@given(mangled(SEEDS))
def test_whatever_is_read_as_an_answer_nothing_is_raised(data: bytes) -> None:
    rcode, records = read_answer(data, DNSRecord.parse(QUESTION))
    assert isinstance(rcode, str)
    assert all(isinstance(record, str) for record in records)
