"""Signed zones, TLSA records and MTA-STS records: honest answers and what faults make of them."""

from typing import Any

import pytest
from dnslib import EDNS0, DNSRecord

from mailfault_servers.action import Send
from mailfault_servers.dns.query import Query, respond
from mailfault_servers.dns.reading import read_answer
from mailfault_servers.dns.responder import honest_answer
from mailfault_servers.dns.zone import Record, Zone
from mailfault_servers.fault import find_fault

OWNER = "_25._tcp.mx1.dest.example"
ONE, TWO = "3 1 1 " + "AB" * 32, "3 0 2 " + "CD" * 64
RECORDS = (
    Record("mx1.dest.example", "A", "127.0.0.10"),
    Record(OWNER, "TLSA", ONE),
    Record(OWNER, "TLSA", TWO),
    Record("_mta-sts.dest.example", "TXT", '"v=STSv1; id=1;"'),
)


def question(name: str, kind: str, *, ad: bool = True, do: bool = False) -> DNSRecord:
    asked = DNSRecord.question(name, kind)
    asked.header.ad = int(ad)
    if do:
        asked.add_ar(EDNS0(flags="do", udp_len=1232))
    return DNSRecord.parse(bytes(asked.pack()))


def answered(name: str, kind: str, use: str, **settings: Any) -> tuple[str, tuple[str, ...], bool]:
    """Response code, answer section and AD."""
    zone = Zone("dest.example", RECORDS, signed=True)
    asked = question(name, kind)
    query = Query(name=name, type=kind, transport="udp", request=asked, zone=zone)
    (told,) = find_fault(use).model_validate(settings).react(query, (respond(query.honest_record()),))
    assert isinstance(told, Send)
    return *read_answer(told.data, asked), bool(DNSRecord.parse(told.data).header.ad)


@pytest.mark.parametrize(
    ("signed", "ad", "do", "expected"),
    [(True, True, False, 1), (True, False, True, 1), (True, False, False, 0), (False, True, True, 0)],
)
def test_ad_is_said_to_those_who_understand_it(signed: bool, ad: bool, do: bool, expected: int) -> None:
    answer = honest_answer(Zone("dest.example", RECORDS, signed=signed), question(OWNER, "TLSA", ad=ad, do=do))
    assert DNSRecord.parse(bytes(answer.pack())).header.ad == expected


def test_honest_records_reach_the_asker() -> None:
    assert answered(OWNER, "TLSA", "dns.sts-record") == ("NOERROR", (f"TLSA {ONE}", f"TLSA {TWO}"), True)


def test_mismatch_keeps_the_kind_and_changes_the_data() -> None:
    _, records, authentic = answered(OWNER, "TLSA", "dns.tlsa-mismatch")
    assert authentic
    assert [record[:11] for record in records] == ["TLSA 3 1 1 ", "TLSA 3 0 2 "]
    assert [len(record) for record in records] == [len(f"TLSA {data}") for data in (ONE, TWO)]
    assert not set(records) & {f"TLSA {ONE}", f"TLSA {TWO}"}
    assert answered(OWNER, "TLSA", "dns.tlsa-mismatch", records=1)[1][1] == f"TLSA {TWO}"


def test_unusable_ones() -> None:
    _, records, authentic = answered(OWNER, "TLSA", "dns.tlsa-unusable", usage=0, selector=9, records=1)
    assert authentic
    assert records == (f"TLSA 0 9 1 {'00' * 32}", f"TLSA {TWO}")


def test_insecure_is_right_and_not_verified() -> None:
    assert answered(OWNER, "TLSA", "dns.insecure") == ("NOERROR", (f"TLSA {ONE}", f"TLSA {TWO}"), False)


def test_an_alias_to_the_records() -> None:
    _, records, authentic = answered(OWNER, "TLSA", "dns.tlsa-alias")
    assert authentic
    assert records == ("CNAME _tlsa.dest.example", f"TLSA {ONE}", f"TLSA {TWO}")


def test_sts_records() -> None:
    name = "_mta-sts.dest.example"
    assert answered(name, "TXT", "dns.sts-record", text="v=STSv2; id=2;")[1] == ('TXT "v=STSv2; id=2;"',)
    assert answered(name, "TXT", "dns.sts-record-twice", text="else")[1] == ('TXT "v=STSv1; id=1;"', 'TXT "else"')


@pytest.mark.parametrize(
    "use", ["dns.tlsa-mismatch", "dns.tlsa-unusable", "dns.tlsa-alias", "dns.sts-record", "dns.sts-record-twice"]
)
def test_other_questions_are_answered_honestly(use: str) -> None:
    assert answered("mx1.dest.example", "A", use) == ("NOERROR", ("A 127.0.0.10",), True)
