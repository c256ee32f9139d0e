"""`mailfault generate`: the committed files are up to date, and it says so of those that are not."""

from pathlib import Path
from typing import Any

import pytest

from mailfault.cli import generate as verb

FILES = ("scenario.schema.json", "index.json", "README.md")


@pytest.fixture
def checkout(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with the two stories of `workplace`."""
    (workplace / "scenarios").symlink_to(workplace / "stories")
    (workplace / "harness" / "mailfault" / "diagnosis").mkdir(parents=True)
    monkeypatch.setattr(verb, "_checkout", lambda: workplace)
    return workplace


def test_the_committed_files_are_up_to_date(mailfault: Any) -> None:
    checked = mailfault("generate", "--check")
    assert checked.exit_code == 0, checked.stderr
    assert checked.stdout == "all generated files are up to date\n"


def test_check_names_each_stale_file_and_writes_none(mailfault: Any, checkout: Path) -> None:
    assert mailfault("generate").exit_code == 0
    stale = (
        checkout / "scenarios" / "scenario.schema.json",
        checkout / "harness" / "mailfault" / "diagnosis" / "README.md",
    )
    stale[0].write_text("{}")
    stale[1].unlink()
    checked = mailfault("generate", "--check")
    assert checked.exit_code == 1
    assert checked.stderr.splitlines() == [
        f"mailfault: {path} is out of date; run `mailfault generate`" for path in stale
    ]
    assert stale[0].read_text() == "{}"
    assert not stale[1].exists()


def test_it_writes_what_is_stale(mailfault: Any, checkout: Path) -> None:
    written = mailfault("generate")
    assert written.exit_code == 0, written.stderr
    assert len(written.stdout.splitlines()) == 4
    for name in FILES:
        assert (checkout / "scenarios" / name).stat().st_size
    assert "connect/refused.toml" in (checkout / "scenarios" / "index.json").read_text()
    assert mailfault("generate", "--check").exit_code == 0
    assert mailfault("generate").stdout == "all generated files are up to date\n"


def test_an_installed_copy_has_no_files_to_write(
    mailfault: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verb, "__file__", str(tmp_path / "site-packages" / "mailfault" / "cli" / "generate.py"))
    refused = mailfault("generate")
    assert refused.exit_code == 2
    assert "there is no checkout of mailfault" in refused.stderr
    assert "pip install -e" in refused.stderr
