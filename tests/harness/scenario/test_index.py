"""The index: its rows are those of the scenarios, and a file that changed is validated."""

import json
from pathlib import Path

import pytest

from mailfault.scenario import loader
from mailfault.scenario.errors import ScenarioError
from mailfault.scenario.files import SHIPPED
from mailfault.scenario.index import index_text, row_of, rows_below

GOOD = """title = "A firewall rejects the connection"
why = "Nothing was said about the message, so it stays queued."
refs = ["RFC 9293 3.10.7.1"]
tags = ["quick"]
connector = { route = ["mx", "smart-host"] }
host = [{ name = "mx1.dest.example", faults = [{ use = "tcp.refuse" }] }]
expect = { failure = "connection-refused", action = "defer" }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(GOOD)
    (tmp_path / "index.json").write_text(index_text(tmp_path))
    return tmp_path


def test_the_committed_index_is_up_to_date() -> None:
    committed = (SHIPPED / "index.json").read_text("utf-8")
    assert committed == index_text(SHIPPED), "it is out of date; run `mailfault generate`"


def test_its_rows_are_those_of_the_scenarios() -> None:
    assert rows_below(SHIPPED) == tuple(row_of(scenario) for scenario in loader.load_shipped())
    assert [row.id for row in rows_below(SHIPPED, ["connect/refused"])] == [
        "connect/refused[route=mx]",
        "connect/refused[route=smart-host]",
    ]


def test_it_has_a_line_for_each_file() -> None:
    lines = (SHIPPED / "index.json").read_text("utf-8").splitlines()
    assert len(lines) == 2 + len(json.loads("\n".join(lines)))


def test_a_file_that_did_not_change_is_not_loaded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows_below(folder)
    assert [row.id for row in before] == ["a[route=mx]", "a[route=smart-host]", "b[route=mx]", "b[route=smart-host]"]

    def never(path: Path, root: Path) -> None:
        raise AssertionError(path)

    monkeypatch.setattr(loader, "load_file", never)
    assert rows_below(folder) == before


def test_a_file_that_changed_is_loaded_and_its_mistakes_are_reported(folder: Path) -> None:
    (folder / "a.toml").write_text(GOOD.replace("quick", "slow"))
    assert {row.tags for row in rows_below(folder)} == {("slow",), ("quick",)}
    (folder / "a.toml").write_text(GOOD.replace("tcp.refuse", "tcp.refuze"))
    (folder / "new.toml").write_text(GOOD.replace("tags", "tag"))
    with pytest.raises(ScenarioError) as raised:
        rows_below(folder)
    assert "did you mean tcp.refuse" in str(raised.value)
    assert "did you mean 'tags'" in str(raised.value)


@pytest.mark.parametrize("text", ["", "[]", '{"a.toml": 7}', '{"a.toml": {"checksum": "1-0"}}', "not JSON"])
def test_an_index_that_cannot_be_read_is_ignored(folder: Path, text: str) -> None:
    before = rows_below(folder)
    (folder / "index.json").write_text(text)
    assert rows_below(folder) == before


def test_an_index_of_another_version_is_ignored(folder: Path) -> None:
    before = rows_below(folder)
    index = json.loads((folder / "index.json").read_text())
    for entry in index.values():
        entry["rows"] = [{**row, "mood": "good"} for row in entry["rows"]]
    (folder / "index.json").write_text(json.dumps(index))
    assert rows_below(folder) == before
