"""Faults are entered by their place, found by their id, and act when their schedule says so."""

import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from mailfault_servers.action import Action, Hang, Proceed
from mailfault_servers.clock import ManualClock
from mailfault_servers.facts import FaultActed
from mailfault_servers.fault import (
    LAYERS,
    DuplicateFault,
    Event,
    Fault,
    Faults,
    UnknownFault,
    all_faults,
    fault,
    find_fault,
)
from mailfault_servers.journal import Journal

HONEST = (Proceed(),)


class Hangs(Fault):
    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        return (Hang(),)


class Idle(Fault):
    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        return honest


def start(*faults: Fault) -> tuple[Faults, Journal, ManualClock]:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    journal = Journal(clock)
    return Faults(faults, server="mx1", journal=journal, clock=clock), journal, clock


def acts(faults: Faults) -> bool:
    return faults.react(Event(), HONEST) != HONEST


def test_ids_come_from_places_and_all_are_in_order() -> None:
    known = all_faults()
    assert list(known) == sorted(known)
    assert known["smtp.half-close"].__module__ == "mailfault_servers.smtp.faults.half_close"
    assert {cls.layer for cls in known.values()} == set(LAYERS)
    assert all(identity.startswith(f"{cls.layer}.") for identity, cls in known.items())


@pytest.mark.parametrize("identity", all_faults())
def test_file_id_and_class_have_one_name(identity: str) -> None:
    cls = find_fault(identity)
    layer, _, name = identity.partition(".")
    assert cls.__module__ == f"mailfault_servers.{layer}.faults.{name.replace('-', '_')}"
    assert cls.__name__ == "".join(word.capitalize() for word in name.split("-"))


def test_a_second_class_of_one_id_is_refused() -> None:
    class Other(Fault):
        """Another."""

    Other.__module__ = "mailfault_servers.smtp.faults.close"
    with pytest.raises(DuplicateFault, match=r"smtp\.close is Close already"):
        fault(Other)


LOADED = """
import sys
from mailfault_servers.fault import find_fault
print(sum(".faults." in name for name in sys.modules))
for identity in sys.argv[1:]:
    find_fault(identity)
print(*sorted(name for name in sys.modules if ".faults." in name))
"""


def loaded(*identities: str) -> tuple[int, list[str]]:
    """Return how many fault modules an import of the register loads, and the names of those that a search loads."""
    ran = subprocess.run([sys.executable, "-c", LOADED, *identities], capture_output=True, text=True, check=True)
    before, after = ran.stdout.split("\n", 1)
    return int(before), after.split()


def test_a_search_imports_only_the_fault_that_it_finds() -> None:
    found = ["mailfault_servers.smtp.faults.close", "mailfault_servers.tls.faults.weak_key"]
    assert loaded("smtp.close", "tls.weak-key") == (0, found)


def test_a_former_id_imports_all_faults() -> None:
    before, after = loaded("tls.demanded")
    assert before == 0
    assert len(after) == len(all_faults())


@pytest.mark.parametrize(
    "identity", ["smtp.close.now", "smtp.Close", "smtp.half_close", "smtp", "", ".", "ftp.close", "smtp."]
)
def test_an_id_of_another_form_is_unknown(identity: str) -> None:
    with pytest.raises(UnknownFault):
        find_fault(identity)


def test_an_unknown_id_names_the_nearest() -> None:
    with pytest.raises(UnknownFault, match=r"no fault 'smtp.clos'.*smtp\.close"):
        find_fault("smtp.clos")


def test_a_former_id_finds_the_fault_under_its_new_id() -> None:
    known = all_faults()
    former = [(old, cls) for cls in known.values() for old in cls.former_ids]
    assert len({old for old, _ in former}) == len(former) == 9
    for old, cls in former:
        assert old not in known
        assert find_fault(old) is cls
        assert find_fault(old)().describe()["use"] == cls.id


def test_the_engine_records_who_acted_and_only_then() -> None:
    faults, journal, _ = start(Idle(), Hangs())
    assert acts(faults)
    assert [type(entry.fact) for entry in journal] == [FaultActed]


def test_so_many_times() -> None:
    faults, _, _ = start(Hangs(times=2))
    assert [acts(faults) for _ in range(4)] == [True, True, False, False]


def test_in_certain_attempts() -> None:
    faults, journal, _ = start(Hangs(attempts=(1, 3)))
    seen = []
    for attempt in (1, 2, 3, 4):
        journal.attempt = attempt
        seen.append(acts(faults))
    assert seen == [True, False, True, False]


def test_until_a_moment_of_the_clock_that_was_passed_in() -> None:
    faults, _, clock = start(Hangs.model_validate({"until": "3h"}))
    assert acts(faults)
    clock.advance(3 * 3600 - 1)
    assert acts(faults)
    clock.advance(1)
    assert not acts(faults)


@pytest.mark.parametrize(
    ("written", "seconds"), [("250ms", 0.25), ("3s", 3), ("2m", 120), ("3h", 10800), ("1d", 86400), (7, 7)]
)
def test_lengths_of_time(written: object, seconds: float) -> None:
    assert Hangs.model_validate({"until": written}).until == seconds


@pytest.mark.parametrize("written", ["3 parsecs", "", "-1s", -1])
def test_what_is_no_length_of_time_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="until"):
        Hangs.model_validate({"until": written})


def test_a_clock_does_not_go_back() -> None:
    _, _, clock = start()
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)
    with pytest.raises(ValueError, match="tzinfo"):
        ManualClock(datetime(2026, 1, 1))


def test_a_fault_says_how_it_stands_in_a_file() -> None:
    reply = find_fault("smtp.reply").model_validate({"at": "ehlo", "reply": "421 4.3.2 Bye", "times": 2})
    assert reply.describe() == {"use": "smtp.reply", "times": 2, "at": "ehlo", "reply": "421 4.3.2 Bye"}
