"""Look-ups, against a name server of one zone."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from mailfault.reference_client import NullMx, Resolver, Settings
from mailfault_servers.clock import SystemClock
from mailfault_servers.dns.listener import DnsServer
from mailfault_servers.dns.zone import Record, Zone
from mailfault_servers.journal import Journal
from mailfault_servers.loop import run_on_loop
from mailfault_servers.network import HostNetwork

Start = Callable[..., tuple[Resolver, Journal]]


@pytest.fixture
def zone() -> Iterator[Start]:
    with ExitStack() as opened:

        def start(*records: Record) -> tuple[Resolver, Journal]:
            clock = SystemClock()
            journal = Journal(clock)
            sockets = HostNetwork().dns_sockets("127.0.0.2")
            server = DnsServer(
                zone=Zone("dest.example", records), sockets=sockets, faults=(), journal=journal, clock=clock
            )
            run_on_loop(server.start())
            opened.callback(lambda: run_on_loop(server.close()))
            settings = Settings(route="mx", smart_host=None, port=25, resolver=server.endpoint, tls="none", dns_s=5.0)
            return Resolver(settings), journal

        yield start


def mx(data: str) -> Record:
    return Record("dest.example", "MX", data)


def test_an_answer_that_is_too_long_for_udp_comes_over_tcp(zone: Start) -> None:
    names = [f"a-rather-long-name-of-a-host-{n:02}.dest.example" for n in range(40)]
    resolver, journal = zone(*(mx(f"{n} {name}") for n, name in enumerate(names)))
    assert asyncio.run(resolver.mail_exchangers("dest.example")) == tuple(names)
    queries = [entry.fact.transport for entry in journal if entry.fact.kind == "query-received"]  # type: ignore[attr-defined]
    assert queries == ["udp", "tcp"]


def test_every_question_is_asked_anew(zone: Start) -> None:
    resolver, journal = zone(mx("10 mx1.dest.example"))
    for _ in range(2):
        asyncio.run(resolver.mail_exchangers("dest.example"))
    assert len([entry for entry in journal if entry.fact.kind == "query-received"]) == 2


def test_names_are_asked_for_as_they_are(zone: Start) -> None:
    """No search domain of this machine is tried after an NXDOMAIN."""
    resolver, journal = zone(mx("10 mx1.dest.example"))
    with pytest.raises(Exception, match=r"nowhere\.example"):
        asyncio.run(resolver.mail_exchangers("nowhere.example"))
    assert [entry.fact.name for entry in journal if entry.fact.kind == "query-received"] == ["nowhere.example"]  # type: ignore[attr-defined]


def test_a_name_stands_once_however_often_it_is_listed(zone: Start) -> None:
    resolver, _ = zone(mx("20 mx1.dest.example"), mx("10 mx1.dest.example"), mx("15 mx2.dest.example"))
    assert asyncio.run(resolver.mail_exchangers("dest.example")) == ("mx1.dest.example", "mx2.dest.example")


def test_null_mx_beside_a_real_one_counts_for_nothing(zone: Start) -> None:
    """RFC 7505 3: a domain must not publish both; the real host is the one that can take mail."""
    resolver, _ = zone(mx("0 ."), mx("10 mx1.dest.example"))
    assert asyncio.run(resolver.mail_exchangers("dest.example")) == ("mx1.dest.example",)


def test_null_mx_alone(zone: Start) -> None:
    resolver, _ = zone(mx("0 ."))
    with pytest.raises(NullMx, match=r"dest\.example"):
        asyncio.run(resolver.mail_exchangers("dest.example"))


def test_both_kinds_of_address_ipv6_first(zone: Start) -> None:
    name = "mx1.dest.example"
    resolver, _ = zone(Record(name, "A", "127.0.0.10"), Record(name, "AAAA", "::1"), Record(name, "A", "127.0.0.11"))
    hosts = asyncio.run(resolver.addresses(name))
    assert [host.address for host in hosts] == ["::1", "127.0.0.10", "127.0.0.11"]
    assert {host.name for host in hosts} == {name}
