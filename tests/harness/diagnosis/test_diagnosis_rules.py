"""The table of diagnosis rules: each rule decides an example, and its place in the order matters."""

from collections.abc import Sequence

import pytest

from mailfault.diagnosis.case import Case
from mailfault.diagnosis.diagnose import DIAGNOSIS_RULES, DiagnosisRule, decide
from mailfault.diagnosis.evidence import Evidence
from mailfault.diagnosis.rule import description_of
from mailfault_servers.facts import ConnectionAsked, WireWatched
from mailfault_servers.journal import Entry
from mailfault_servers.network import UNROUTABLE
from tests.support import journals as j

WATCHED: j.Part = ("wire", None, WireWatched())
SYN_TO_MX2: j.Part = (j.MX2, None, ConnectionAsked(address=j.ADDRESSES[j.MX2], port=25))
SECOND_SHUT = (j.port(), j.port("refusing", j.MX2), j.lookups(j.MX1, j.MX2))
TURNED_AWAY = j.session(j.reply("greeting", "421 4.3.2 Bye"), j.server_end("greeting"))
UNROUTED = j.lookup("mx3.dest.example", "A", "NOERROR", f"A {UNROUTABLE}")
NULL_MX = j.lookup("dest.example", "MX", "NOERROR", "MX 0 .")
DELIVERED = [j.port(), j.lookups(j.MX1), j.session(*j.HELLO, *j.transaction())]
LEFT = j.kept(*j.RSET, j.client_end("rset"))

EXAMPLES: dict[str, tuple[Sequence[Entry], str]] = {
    "final-session": (
        j.journal(*SECOND_SHUT, j.session(*j.HELLO, *j.transaction())),
        "shut-port-resolved deciding-session left-over-session resolved-host-unused answers-unused",
    ),
    "shut-port-attempted": (
        j.journal(WATCHED, *SECOND_SHUT, UNROUTED, SYN_TO_MX2),
        "shut-port-resolved resolved-host-unused answers-unused",
    ),
    "shut-port-resolved": (
        j.journal(*SECOND_SHUT, TURNED_AWAY),
        "deciding-session left-over-session resolved-host-unused answers-unused",
    ),
    "deciding-session": (
        j.journal(j.port(), NULL_MX, TURNED_AWAY),
        "domain-without-mail left-over-session answers-unused",
    ),
    "domain-without-mail": (
        j.journal(NULL_MX, j.policy_record(), j.policy_served()),
        "every-host-forbidden answers-unused",
    ),
    "every-host-forbidden": (
        j.journal(j.mx((10, j.MX1)), j.lookup(j.MX1, "A", "NXDOMAIN"), j.tlsa_answer(rcode="SERVFAIL")),
        "lookup-failed answers-unused",
    ),
    "lookup-failed": (
        j.deliveries(DELIVERED, [j.lookup("dest.example", "MX", "NXDOMAIN"), LEFT]),
        "left-over-session answers-unused",
    ),
    "left-over-session": (j.deliveries(DELIVERED, [LEFT]), "resolved-host-unused answers-unused"),
    "resolved-host-unused": (j.journal(j.port(), j.lookups(j.MX1)), "answers-unused"),
    "answers-unused": (j.journal(j.port(), j.mx((10, j.MX1))), ""),
    "nothing-seen": (j.journal(j.port()), ""),
}
"""For each rule a journal whose last delivery it decides, and the later rules that match it, too; the last rule matches
every one."""


def last_delivery(entries: Sequence[Entry]) -> Case:
    return Case.of(Evidence.of(entries, entries[-1].attempt))


def test_every_rule_has_its_example_in_the_order_of_the_table() -> None:
    assert list(EXAMPLES) == [rule.name for rule in DIAGNOSIS_RULES]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_rule_decides_before_the_others_that_match(name: str) -> None:
    entries, others = EXAMPLES[name]
    case = last_delivery(entries)
    matching = tuple(rule.name for rule in DIAGNOSIS_RULES if rule.find(case) is not None)
    assert matching == tuple(dict.fromkeys((name, *others.split(), "nothing-seen")))
    assert decide(case)[0].name == name


@pytest.mark.parametrize("name", list(EXAMPLES)[:-1])
def test_without_a_rule_or_with_it_at_the_end_its_example_is_diagnosed_otherwise(name: str) -> None:
    case = last_delivery(EXAMPLES[name][0])
    others = [rule for rule in DIAGNOSIS_RULES if rule.name != name]
    moved = [rule for rule in DIAGNOSIS_RULES if rule.name == name]
    for rules in (others, [*others, *moved]):
        assert decide(case, rules)[1] != decide(case)[1]


def test_a_table_without_the_last_rule_is_no_table() -> None:
    with pytest.raises(AssertionError, match="last rule"):
        decide(last_delivery(j.journal(j.port())), DIAGNOSIS_RULES[:-1])


@pytest.mark.parametrize("rule", DIAGNOSIS_RULES, ids=lambda rule: rule.name)
def test_a_rule_is_described_in_one_sentence(rule: DiagnosisRule) -> None:
    description = description_of(rule.find)
    assert description.endswith(".")
    assert ". " not in description
