"""Answers that no codec would write, and how the journal reads what went out."""

import dns.exception
import dns.message
import pytest
from dnslib import EDNS0, DNSRecord

from mailfault_servers.action import Close, Drop, Reset, Send, SendRaw
from mailfault_servers.dns.query import Query, respond
from mailfault_servers.dns.reading import read_answer, without_length
from mailfault_servers.dns.zone import Record, Zone
from mailfault_servers.fault import find_fault

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
        ("dns.bad-label", "MALFORMED"),
        ("dns.lying-length", "MALFORMED"),
        ("dns.nodata-without-soa", "NOERROR"),
        ("dns.flags", "MISMATCHED"),
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
    message = dns.message.from_wire(action.data)
    assert isinstance(message, dns.message.QueryMessage)
    answer = message.resolve_chaining()
    assert [str(address) for address in answer.answer or ()] == ["127.0.0.10"]


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


@pytest.mark.parametrize(
    "fault",
    ["dns.trailing-junk", "dns.other-case", "dns.unknown-first", "dns.zero-ttl", "dns.wrong-glue", "dns.oversize"],
)
def test_what_is_odd_and_can_be_used_is_used(fault: str) -> None:
    query, (action,) = ask(fault)
    assert isinstance(action, Send | SendRaw)
    assert read_answer(action.data, query.request) == ("NOERROR", ("MX 10 mx1.dest.example",))
    honest = query.honest_record()
    assert action.data != bytes(honest.pack())


def test_addresses_of_other_names_count_for_nothing() -> None:
    query, (action,) = ask("dns.other-owner", "mx1.dest.example", "A")
    assert isinstance(action, Send)
    assert b"\x7f\x00\x00\xfa" in action.data
    assert read_answer(action.data, query.request) == ("NOERROR", ("A 127.0.0.10",))


@pytest.mark.parametrize(("length", "read"), [("long", b""), ("short", 7), ("zero", b"")])
def test_a_wrong_length_over_tcp_leaves_no_message(length: str, read: bytes | int) -> None:
    query, (action, close) = ask("dns.tcp-length", transport="tcp", length=length)
    assert isinstance(action, SendRaw)
    message = without_length(action.data)
    assert message == read or len(message) == read
    assert (read_answer(message, query.request), close) == (("MALFORMED", ()), Close())


@pytest.mark.parametrize(
    ("how", "rcode"), [("formerr", "FORMERR"), ("notimp", "NOTIMP"), ("badvers", "BADVERS"), ("ignores", "NOERROR")]
)
def test_edns_breaks_only_those_who_use_it(how: str, rcode: str) -> None:
    plain, (answer,) = ask("dns.edns", how=how)
    assert answer == respond(plain.honest_record())
    request = DNSRecord.question("dest.example", "MX")
    request.add_ar(EDNS0(udp_len=1232))
    query = Query(name="dest.example", type="MX", transport="udp", request=request, zone=ZONE)
    (answer,) = find_fault("dns.edns").model_validate({"how": how}).react(query, (respond(query.honest_record()),))
    assert isinstance(answer, Send)
    assert read_answer(answer.data, request)[0] == rcode


def test_resolvers_stop_at_the_sixteenth_alias() -> None:
    query, (action,) = ask("dns.alias", "mx1.dest.example", "A", length=20)
    assert isinstance(action, Send)
    assert all(record.startswith("CNAME") for record in read_answer(action.data, query.request)[1])
