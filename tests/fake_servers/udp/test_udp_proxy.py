"""A UDP proxy before a name server: what passes, what is lost, and what the journal says of it."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from dnslib import DNSRecord

from mailfault_servers.clock import SystemClock
from mailfault_servers.dns.listener import DnsServer
from mailfault_servers.dns.zone import Record, Zone
from mailfault_servers.facts import AnswerSent, AnswerWithheld, FaultActed, QueryReceived
from mailfault_servers.fault import find_fault
from mailfault_servers.journal import Journal
from mailfault_servers.loop import run_on_loop
from mailfault_servers.network import HostNetwork
from mailfault_servers.udp.proxy import BehindUdpProxy, UdpProxy

RECORDS = [Record("mx1.dest.example", "A", "127.0.0.10")]
QUERY = DNSRecord.question("mx1.dest.example", "A")


@contextlib.contextmanager
def proxied(*faults: dict[str, Any], signed: bool = False) -> Iterator[tuple[tuple[str, int], Journal]]:
    clock = SystemClock()
    journal = Journal(clock)
    udp, tcp = HostNetwork().dns_sockets("127.0.0.2")
    hidden, unused = HostNetwork().dns_sockets("127.0.0.3")
    unused.close()
    upstream = hidden.getsockname()[:2]
    built = [find_fault(str(fault.pop("use"))).model_validate(fault) for fault in faults]
    zone = Zone("dest.example", RECORDS, signed=signed)
    server = DnsServer(zone=zone, sockets=(hidden, tcp), faults=(), journal=BehindUdpProxy(journal), clock=clock)
    proxy = UdpProxy(
        sock=udp, upstream=(str(upstream[0]), int(upstream[1])), faults=built, journal=journal, clock=clock
    )
    run_on_loop(server.start())
    run_on_loop(proxy.start())
    try:
        yield proxy.endpoint, journal
    finally:
        run_on_loop(proxy.close())
        run_on_loop(server.close())


def ask(endpoint: tuple[str, int], *, copies: int = 1, wait_s: float = 5.0, query: DNSRecord = QUERY) -> list[bytes]:
    """Send one query and return the answers, as many as are awaited."""
    answers: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(wait_s)
        sock.sendto(bytes(query.pack()), endpoint)
        with contextlib.suppress(TimeoutError):
            for _ in range(copies):
                answers.append(sock.recv(2000))
    return answers


def kinds(journal: Journal) -> list[str]:
    facts = [entry.fact for entry in journal]
    return [fact.kind for fact in facts if isinstance(fact, QueryReceived | AnswerSent | AnswerWithheld | FaultActed)]


def test_an_honest_way_passes_each_datagram_once_and_tells_of_it_once() -> None:
    with proxied() as (endpoint, journal):
        (answer,) = ask(endpoint)
        assert str(DNSRecord.parse(answer).a.rdata) == "127.0.0.10"
        assert kinds(journal) == ["query-received", "answer-sent"]


def test_what_is_lost_is_withheld_and_the_next_passes() -> None:
    with proxied({"use": "udp.loss", "first": 1}) as (endpoint, journal):
        assert ask(endpoint, wait_s=0.1) == []
        assert len(ask(endpoint)) == 1
        assert kinds(journal) == [
            *("query-received", "fault-acted", "answer-withheld"),
            *("query-received", "answer-sent"),
        ]


def test_a_lost_query_is_not_heard_by_the_server() -> None:
    with proxied({"use": "udp.loss", "direction": "query"}) as (endpoint, journal):
        assert ask(endpoint, wait_s=0.1) == []
        assert kinds(journal) == ["query-received", "fault-acted", "answer-withheld"]


def test_doubled_cut_and_late() -> None:
    with proxied({"use": "udp.duplication"}) as (endpoint, _):
        first, second = ask(endpoint, copies=2)
        assert first == second
    with proxied({"use": "udp.truncation", "length": 20}) as (endpoint, journal):
        (answer,) = ask(endpoint)
        assert len(answer) == 20
        assert [entry.fact.rcode for entry in journal if isinstance(entry.fact, AnswerSent)] == ["MALFORMED"]
    with proxied({"use": "udp.latency", "delay": "50ms"}) as (endpoint, journal):
        assert len(ask(endpoint)) == 1
        assert kinds(journal)[-2:] == ["answer-withheld", "answer-sent"]


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xff" * 12, b"\x00" * 600, b"\x12\x34\x80\x00" + bytes(8)])
def test_what_is_no_query_is_dropped(data: bytes) -> None:
    with proxied() as (endpoint, journal):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(data, endpoint)
        assert len(ask(endpoint)) == 1
        assert kinds(journal) == ["query-received", "answer-sent"]


def test_an_answer_that_passes_is_as_authentic_as_it_left() -> None:
    query = DNSRecord.question("mx1.dest.example", "A")
    query.header.ad = 1
    for signed in (True, False):
        with proxied(signed=signed) as (endpoint, journal):
            (answer,) = ask(endpoint, query=query)
            assert bool(DNSRecord.parse(answer).header.ad) is signed
            assert [entry.fact.authenticated for entry in journal if isinstance(entry.fact, AnswerSent)] == [signed]
