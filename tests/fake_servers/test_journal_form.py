"""Entries can be written and read back; the normal form leaves out what differs by chance."""

from dataclasses import fields
from datetime import UTC, datetime

import pytest

from mailfault_servers import facts as module
from mailfault_servers.clock import ManualClock
from mailfault_servers.facts import AnswerSent, CommandReceived, Fact, QueryReceived
from mailfault_servers.journal import Entry, Journal
from mailfault_servers.normal_form import normalised

KINDS = sorted(
    (kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, Fact) and kind is not Fact),
    key=lambda kind: kind.__name__,
)
SAMPLES = {"str": "x", "bool": True, "int": 3, "tuple[str, ...]": ("a", "b"), "str | None": "y", "Closing": "fin"}


def sample(kind: type[Fact]) -> Fact:
    values = {}
    for field in fields(kind):  # type: ignore[arg-type]
        values[field.name] = SAMPLES.get(
            str(getattr(field.type, "__name__", field.type)), SAMPLES.get(str(field.type), "x")
        )
    return kind(**values)


def made() -> tuple[Journal, ManualClock]:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    return Journal(clock), clock


def test_two_facts_cannot_share_a_kind() -> None:
    with pytest.raises(TypeError, match=r"'query-received' is QueryReceived's; .*Other needs another"):

        class Other(Fact):
            kind = "query-received"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_fact_can_be_written_and_read(kind: type[Fact]) -> None:
    journal, clock = made()
    clock.advance(1.5)
    entry = journal.record("mx1", sample(kind), session=2)
    assert Entry.from_json(entry.to_json()) == entry
    assert module.FACTS[kind.kind] is kind


def test_entries_are_numbered_timed_and_marked_with_the_attempt() -> None:
    journal, clock = made()
    journal.record("dns", QueryReceived(name="a", type="MX", transport="udp"))
    clock.advance(2)
    journal.attempt = 2
    journal.record("dns", QueryReceived(name="a", type="MX", transport="udp"))
    assert [(entry.number, entry.at_s, entry.attempt) for entry in journal] == [(0, 0, 1), (1, 2, 2)]
    assert len(journal) == 2


def test_the_normal_form_does_not_depend_on_chance() -> None:
    def command(line: str) -> CommandReceived:
        return CommandReceived(stage="ehlo", line=line, encrypted=False)

    first, _ = made()
    first.record("dns", QueryReceived(name="a", type="A", transport="udp"))
    first.record("dns", QueryReceived(name="a", type="AAAA", transport="udp"))
    first.record("mx1", command("EHLO a"), session=1)
    first.record("mx2", command("EHLO b"), session=1)
    second, clock = made()
    clock.advance(1)
    second.record("mx2", command("EHLO b"), session=1)
    second.record("dns", QueryReceived(name="a", type="AAAA", transport="udp"))
    second.record("mx1", command("EHLO a"), session=1)
    second.record("dns", QueryReceived(name="a", type="A", transport="udp"))
    second.record("dns", QueryReceived(name="a", type="A", transport="udp"))
    assert normalised(first.entries) == normalised(second.entries)


def test_the_normal_form_tells_different_stories_apart() -> None:
    first, _ = made()
    second, _ = made()
    first.record("dns", AnswerSent(name="a", type="A", transport="udp", rcode="NOERROR", records=("A 127.0.0.1",)))
    second.record("dns", AnswerSent(name="a", type="A", transport="udp", rcode="NXDOMAIN"))
    assert normalised(first.entries) != normalised(second.entries)
    assert normalised(first.entries)[0]["records"] == ("A 127.0.0.1",)
