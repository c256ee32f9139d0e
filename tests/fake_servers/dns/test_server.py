"""The name server on real sockets, asked by dnspython and by bytes."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import dns.message
import dns.query
import dns.rcode
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailfault_servers.clock import SystemClock
from mailfault_servers.dns.listener import DnsServer
from mailfault_servers.dns.zone import Record, Zone
from mailfault_servers.fault import find_fault
from mailfault_servers.journal import Journal
from mailfault_servers.loop import run_on_loop
from mailfault_servers.network import HostNetwork

LIMIT_S = 5.0
Running = tuple[tuple[str, int], Journal]
Start = Callable[..., AbstractContextManager[Running]]


@contextmanager
def running(*faults: dict[str, Any], records: int = 1) -> Iterator[Running]:
    clock = SystemClock()
    journal = Journal(clock)
    zone = Zone("dest.example", [Record("dest.example", "MX", f"10 mx{n}.dest.example") for n in range(records)])
    built = [find_fault(fault.pop("use")).model_validate(fault) for fault in faults]
    sockets = HostNetwork().dns_sockets("127.0.0.2")
    server = DnsServer(zone=zone, sockets=sockets, faults=built, journal=journal, clock=clock)
    run_on_loop(server.start())
    try:
        yield server.endpoint, journal
    finally:
        run_on_loop(server.close())
        run_on_loop(server.close())


def facts(journal: Journal) -> list[str]:
    return [entry.fact.kind for entry in journal]


@pytest.mark.parametrize("ask", [dns.query.udp, dns.query.tcp])
def test_it_answers_over_udp_and_tcp_on_one_port(ask: Callable[..., dns.message.Message]) -> None:
    with running() as ((host, port), journal):
        answer = ask(dns.message.make_query("dest.example", "MX"), host, port=port, timeout=LIMIT_S)
    assert answer.rcode() == dns.rcode.NOERROR
    assert [str(record) for record in answer.answer[0]] == ["10 mx0.dest.example."]
    assert facts(journal) == ["query-received", "answer-sent"]


def test_what_does_not_fit_into_a_datagram_is_asked_for_again_over_tcp() -> None:
    with running(records=40) as ((host, port), _):
        question = dns.message.make_query("dest.example", "MX", use_edns=False)
        answer, used_tcp = dns.query.udp_with_fallback(question, host, port=port, timeout=LIMIT_S)
    assert used_tcp
    assert len(answer.answer[0]) == 40


def test_silence_is_in_the_journal() -> None:
    with running({"use": "dns.silent"}) as ((host, port), journal):
        with pytest.raises(dns.exception.Timeout):
            dns.query.udp(dns.message.make_query("dest.example", "MX"), host, port=port, timeout=0.05)
    assert facts(journal) == ["query-received", "fault-acted", "answer-withheld"]


def test_a_late_answer_comes() -> None:
    with running({"use": "dns.late", "delay": "30ms"}) as ((host, port), journal):
        for ask in (dns.query.udp, dns.query.tcp):
            ask(dns.message.make_query("dest.example", "MX"), host, port=port, timeout=LIMIT_S)
    assert facts(journal).count("answer-sent") == 2


def test_closing_breaks_off_what_is_under_way() -> None:
    with running({"use": "dns.late", "delay": "1h"}) as ((host, port), _):
        client = socket.create_connection((host, port), LIMIT_S)
        wire = dns.message.make_query("dest.example", "MX").to_wire()
        client.sendall(struct.pack("!H", len(wire)) + wire)
    with client:
        try:
            rest = client.recv(10)
        except ConnectionResetError:
            rest = b""
        assert rest == b""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=80), prefixed=st.booleans())
def test_garbage_does_not_break_it(data: bytes, prefixed: bool) -> None:
    with running() as ((host, port), _):
        with socket.socket(type=socket.SOCK_DGRAM) as datagrams:
            datagrams.sendto(data, (host, port))
        with socket.create_connection((host, port), LIMIT_S) as stream:
            stream.sendall(struct.pack("!H", len(data)) + data if prefixed else data)
        answer = dns.query.udp(dns.message.make_query("dest.example", "MX"), host, port=port, timeout=LIMIT_S)
        assert answer.rcode() == dns.rcode.NOERROR
