"""The name server without a socket: questions in, answers out."""

import pytest
from dnslib import EDNS0, QTYPE, RCODE, DNSRecord

from mailfault_servers.action import Drop, Send, Wait
from mailfault_servers.dns.query import Query, respond
from mailfault_servers.dns.reading import read_answer
from mailfault_servers.dns.responder import honest_answer
from mailfault_servers.dns.zone import Record, Zone
from mailfault_servers.fault import find_fault

ZONE = Zone(
    "dest.example",
    [
        Record("dest.example", "MX", "20 mx2.dest.example"),
        Record("dest.example", "MX", "10 mx1.dest.example"),
        Record("mx1.dest.example", "A", "127.0.0.10"),
        Record("mx2.dest.example", "AAAA", "::1"),
        Record("alias.dest.example", "CNAME", "mx1.dest.example"),
        Record("loop.dest.example", "CNAME", "loop.dest.example"),
        Record("parking.example", "A", "127.0.0.11"),
    ],
)


def ask(name: str, kind: str) -> DNSRecord:
    return DNSRecord.question(name, kind)


def honest(name: str, kind: str) -> tuple[str, tuple[str, ...]]:
    return read_answer(bytes(honest_answer(ZONE, ask(name, kind)).pack()))


@pytest.mark.parametrize(
    ("name", "kind", "rcode", "records"),
    [
        ("dest.example", "MX", "NOERROR", ("MX 20 mx2.dest.example", "MX 10 mx1.dest.example")),
        ("DEST.Example.", "MX", "NOERROR", ("MX 20 mx2.dest.example", "MX 10 mx1.dest.example")),
        ("mx1.dest.example", "A", "NOERROR", ("A 127.0.0.10",)),
        ("mx1.dest.example", "AAAA", "NOERROR", ()),
        ("mx2.dest.example", "AAAA", "NOERROR", ("AAAA ::1",)),
        ("gone.dest.example", "A", "NXDOMAIN", ()),
        ("alias.dest.example", "A", "NOERROR", ("CNAME mx1.dest.example", "A 127.0.0.10")),
        ("example.com", "MX", "REFUSED", ()),
        (".", "NS", "REFUSED", ()),
    ],
)
def test_an_honest_answer(name: str, kind: str, rcode: str, records: tuple[str, ...]) -> None:
    assert honest(name, kind) == (rcode, records)


def test_negative_answers_carry_the_soa_and_authority() -> None:
    for name in ("gone.dest.example", "mx1.dest.example"):
        answer = honest_answer(ZONE, ask(name, "TXT"))
        assert [QTYPE[record.rtype] for record in answer.auth] == ["SOA"]
        assert answer.header.aa == 1


def test_a_cname_loop_ends() -> None:
    rcode, records = honest("loop.dest.example", "A")
    assert rcode == "NOERROR"
    assert 1 <= len(records) <= 8


def test_edns_is_answered_with_edns() -> None:
    question = ask("dest.example", "MX")
    question.add_ar(EDNS0(udp_len=4096))
    assert [QTYPE[record.rtype] for record in honest_answer(ZONE, question).ar] == ["OPT"]


@pytest.mark.parametrize("kind", ["A", "AAAA", "MX", "TXT", "SRV", "TLSA", "HTTPS", "ANY", "SOA", "PTR", "AXFR"])
def test_no_kind_of_question_breaks_it(kind: str) -> None:
    assert honest_answer(ZONE, ask("dest.example", kind)).header.rcode in (RCODE.NOERROR, RCODE.NXDOMAIN)


def query(name: str, kind: str) -> Query:
    return Query(name=name, type=kind, transport="udp", request=ask(name, kind), zone=ZONE)


def react(fault: str, name: str, kind: str, /, **settings: object) -> tuple[object, ...]:
    asked = query(name, kind)
    honest = (respond(asked.honest_record()),)
    return tuple(find_fault(fault).model_validate(settings).react(asked, honest))


def answered(fault: str, name: str, kind: str, /, **settings: object) -> tuple[str, tuple[str, ...]]:
    (action,) = react(fault, name, kind, **settings)
    assert isinstance(action, Send)
    return read_answer(action.data)


@pytest.mark.parametrize(
    ("fault", "rcode"),
    [
        ("dns.nxdomain", "NXDOMAIN"),
        ("dns.nodata", "NOERROR"),
        ("dns.servfail", "SERVFAIL"),
        ("dns.refused", "REFUSED"),
        ("dns.lame", "NOERROR"),
    ],
)
@pytest.mark.parametrize("kind", ["MX", "A"])
def test_a_fault_answers_in_its_own_way(fault: str, rcode: str, kind: str) -> None:
    assert answered(fault, "dest.example", kind) == (rcode, ())


def test_a_lame_server_refers_upwards() -> None:
    (action,) = react("dns.lame", "dest.example", "MX")
    assert isinstance(action, Send)
    answer = DNSRecord.parse(action.data)
    assert [(str(record.rname), QTYPE[record.rtype]) for record in answer.auth] == [(".", "NS")]
    assert answer.header.aa == 0


def test_silence_and_lateness() -> None:
    assert react("dns.silent", "dest.example", "MX") == (Drop(),)
    wait, honest = react("dns.late", "dest.example", "MX", delay="250ms")
    assert wait == Wait(0.25)
    assert isinstance(honest, Send)


def test_null_mx_is_one_record_and_leaves_addresses_alone() -> None:
    assert answered("dns.null-mx", "dest.example", "MX") == ("NOERROR", ("MX 0 .",))
    assert answered("dns.null-mx", "mx1.dest.example", "A") == ("NOERROR", ("A 127.0.0.10",))


def test_no_address_concerns_mail_hosts_only() -> None:
    assert answered("dns.no-address", "mx1.dest.example", "A") == ("NOERROR", ())
    assert answered("dns.no-address", "parking.example", "A") == ("NOERROR", ("A 127.0.0.11",))
    assert answered("dns.no-address", "parking.example", "A", name="parking.example") == ("NOERROR", ())


def test_parking_answers_everything_with_one_host() -> None:
    assert answered("dns.parking-wildcard", "any.thing.example", "MX") == ("NOERROR", ("MX 10 parking.example",))
    assert answered("dns.parking-wildcard", "any.thing.example", "A") == ("NOERROR", ("A 127.0.0.11",))
    assert answered("dns.parking-wildcard", "any.thing.example", "AAAA") == ("NOERROR", ())


def test_a_fault_can_be_limited_to_a_name_and_a_type() -> None:
    settings = {"name": "MX1.dest.example.", "type": "a"}
    assert answered("dns.servfail", "mx1.dest.example", "A", **settings)[0] == "SERVFAIL"
    assert answered("dns.servfail", "mx1.dest.example", "AAAA", **settings)[0] == "NOERROR"
    assert answered("dns.servfail", "dest.example", "A", **settings)[0] == "NOERROR"
