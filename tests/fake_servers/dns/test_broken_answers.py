"""Answers that no codec would write, and how the journal reads what went out."""

import dns.exception
import dns.message
import pytest
from dnslib import DNSRecord

from fake_servers.action import Close, Drop, Reset, Send
from fake_servers.dns.query import Query, respond
from fake_servers.dns.reading import read_answer
from fake_servers.dns.zone import Record, Zone
from fake_servers.fault import find_fault

ZONE = Zone(
    "dest.example",
    [Record("dest.example", "MX", "10 mx1.dest.example"), Record("mx1.dest.example", "A", "127.0.0.10")],
)


def ask(fault: str, name: str = "dest.example", kind: str = "MX", /, transport: str = "udp", **settings: object):  # type: ignore[no-untyped-def]
    query = Query(name=name, type=kind, transport=transport, request=DNSRecord.question(name, kind), zone=ZONE)  # type: ignore[arg-type]
    honest = (respond(query.honest_record()),)
    return query, tuple(find_fault(fault).model_validate(settings).react(query, honest))


@pytest.mark.parametrize(
    ("fault", "read_as"),
    [
        ("dns.formerr", "FORMERR"),
        ("dns.notimp", "NOTIMP"),
        ("dns.bogus", "SERVFAIL"),
        ("dns.wrong-id", "MISMATCHED"),
        ("dns.wrong-question", "MISMATCHED"),
        ("dns.no-question", "MISMATCHED"),
        ("dns.cut-record", "MALFORMED"),
        ("dns.lying-counts", "MALFORMED"),
        ("dns.compression-loop", "MALFORMED"),
        ("dns.garbage", "MALFORMED"),
        ("dns.truncated", "TRUNCATED"),
    ],
)
def test_nobody_learns_anything_from_it(fault: str, read_as: str) -> None:
    query, (action,) = ask(fault)
    assert isinstance(action, Send)
    assert read_answer(action.data, query.request) == (read_as, ())


@pytest.mark.parametrize("fault", ["dns.wrong-id", "dns.wrong-question", "dns.no-question"])
def test_what_is_well_formed_and_not_the_answer_is_seen_through_by_dnspython(fault: str) -> None:
    query, (action,) = ask(fault)
    asked = dns.message.from_wire(bytes(query.request.pack()))
    assert not asked.is_response(dns.message.from_wire(action.data))


@pytest.mark.parametrize("fault", ["dns.cut-record", "dns.lying-counts", "dns.compression-loop", "dns.garbage"])
def test_what_is_malformed_is_malformed_to_dnspython_too(fault: str) -> None:
    _, (action,) = ask(fault)
    with pytest.raises(dns.exception.DNSException):
        dns.message.from_wire(action.data)


def test_a_loop_names_each_name_as_the_others_target() -> None:
    query, (action,) = ask("dns.cname-loop", "mx1.dest.example", "A")
    assert read_answer(action.data, query.request) == (
        "NOERROR",
        ("CNAME loop.mx1.dest.example", "CNAME mx1.dest.example"),
    )


def test_a_dangling_alias_is_nxdomain_behind_a_cname() -> None:
    query, (action,) = ask("dns.dangling-cname", "mx1.dest.example", "A")
    assert read_answer(action.data, query.request) == ("NXDOMAIN", ("CNAME given-up.dest.example",))


@pytest.mark.parametrize("length", [1, 4])
def test_aliases_end_at_the_honest_address(length: int) -> None:
    query, (action,) = ask("dns.alias", "mx1.dest.example", "A", length=length)
    rcode, records = read_answer(action.data, query.request)
    assert (rcode, len(records), records[-1]) == ("NOERROR", length + 1, "A 127.0.0.10")
    answer = dns.message.from_wire(action.data).resolve_chaining()
    assert [str(one) for one in answer.answer or ()] == ["127.0.0.10"]


@pytest.mark.parametrize(
    ("tcp", "actions"),
    [("closes", (Close(),)), ("resets", (Reset(),)), ("silent", (Drop(),))],
)
def test_over_tcp_a_truncated_answer_cannot_be_had(tcp: str, actions: tuple[object, ...]) -> None:
    _, reacted = ask("dns.truncated", transport="tcp", tcp=tcp)
    assert reacted == actions


def test_over_tcp_the_answer_may_be_whole_or_half() -> None:
    query, (whole,) = ask("dns.truncated", transport="tcp")
    assert isinstance(whole, Send)
    assert read_answer(whole.data, query.request)[1] == ("MX 10 mx1.dest.example",)
    _, (half, close) = ask("dns.truncated", transport="tcp", tcp="half")
    assert isinstance(half, Send)
    assert whole.data[:20][2:] == half.data[:20][2:]
    assert (len(half.data), close) == (len(whole.data) // 2, Close())
