import json
from pathlib import Path
from typing import Any

import pytest

from mailfault.scenario import files


def test_printed(mailfault: Any) -> None:
    told = mailfault("schema")
    assert told.exit_code == 0, told.output
    assert "smtp.reply" in told.stdout
    assert json.loads(told.stdout)["$schema"].startswith("https://json-schema.org/")


def test_the_committed_schema_is_as_it_should_be(mailfault: Any) -> None:
    told = mailfault("schema", "--check")
    assert told.exit_code == 0, told.output


@pytest.mark.parametrize("committed", [None, "{}", "no JSON"])
def test_a_schema_that_drifted(
    mailfault: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, committed: str | None
) -> None:
    monkeypatch.setattr(files, "SHIPPED", tmp_path)
    if committed is not None:
        (tmp_path / "scenario.schema.json").write_text(committed)
    told = mailfault("schema", "--check")
    assert told.exit_code == 1, told.output
    assert "mailfault schema >" in told.stderr
