from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def run_record(mailfault: Any, workplace: Path) -> Path:
    ran = mailfault("run", "--scenarios", "stories", "--record", "run.jsonl")
    assert ran.exit_code == 0, ran.output
    for path in (workplace / "stories").rglob("*.toml"):
        path.unlink()  # from here on the record alone has to do
    return workplace / "run.jsonl"


def test_the_same_again(mailfault: Any, run_record: Path) -> None:
    told = mailfault("replay", str(run_record), "smtp/ehlo-421[route=mx]")
    assert told.exit_code == 0, told.output
    assert "verdict and journal are the same" in told.stdout


def test_another_client_differs(mailfault: Any, run_record: Path) -> None:
    told = mailfault(
        "replay", str(run_record), "smtp/ehlo-421[route=mx]", "--client", "python:ownclients:always_refused"
    )
    assert told.exit_code == 1, told.output
    assert "ending: was 'passed', is 'misclassified'" in told.stdout
    assert "S: 421 4.3.2" in told.stdout


def test_a_journal_that_differs_is_shown(mailfault: Any, run_record: Path) -> None:
    told = run_record.read_text().replace('"line":"EHLO client.example"', '"line":"EHLO other.example"')
    run_record.write_text(told)
    again = mailfault("replay", str(run_record), "smtp/ehlo-421[route=mx]")
    assert again.exit_code == 1, again.output
    assert "other.example" in again.stdout


def test_a_record_that_was_cut_off_still_tells_what_it_has(mailfault: Any, run_record: Path) -> None:
    run_record.write_text(run_record.read_text().rstrip("\n")[:-20])
    assert mailfault("replay", str(run_record), "connect/refused").exit_code == 0


def test_what_cannot_be_replayed_is_refused(mailfault: Any, run_record: Path, workplace: Path) -> None:
    (workplace / "no-record").write_text("hello\n")
    for words, message in (
        (("run.jsonl", "conect/refused"), "did you mean connect/refused?"),
        (("no-record", "connect/refused"), "line 1"),
        (("nowhere.jsonl", "connect/refused"), "No such file"),
    ):
        told = mailfault("replay", *words)
        assert told.exit_code == 2, told.output
        assert message in told.stderr


def test_with_several_clients_one_has_to_be_named(mailfault: Any, run_record: Path) -> None:
    more = run_record.read_text().replace('"client":"reference"', '"client":"smtplib"')
    run_record.write_text(run_record.read_text() + more)
    told = mailfault("replay", str(run_record), "connect/refused")
    assert told.exit_code == 2
    assert "--client reference" in told.stderr
    assert "--client smtplib" in told.stderr
    assert mailfault("replay", str(run_record), "connect/refused", "--client", "reference").exit_code == 0
