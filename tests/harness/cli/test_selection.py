"""SELECT reads the files that it can select, and reports their mistakes and no others."""

from pathlib import Path
from typing import Any

import pytest

from mailfault.cli.selection import select_scenarios
from mailfault.scenario import loader
from mailfault.scenario.files import SHIPPED
from mailfault.scenario.model import Scenario


@pytest.fixture
def with_a_mistake(workplace: Path) -> Path:
    """The folder of stories, with a third one that is wrong."""
    (workplace / "stories" / "smtp" / "wrong.toml").write_text("titel = 'no'\n")
    return workplace / "stories"


@pytest.mark.parametrize("verb", ["list", "run"])
@pytest.mark.parametrize(
    "select", ["connect/refused", "connect", "connect/*", "conn*ed", "stories/connect/refused.toml"]
)
def test_a_mistake_outside_the_selection_is_not_reported(
    mailfault: Any, with_a_mistake: Path, verb: str, select: str
) -> None:
    done = mailfault(verb, select, "--scenarios", "stories")
    assert done.exit_code == 0, done.stderr
    assert "refused" in done.stdout


@pytest.mark.parametrize("verb", ["list", "run"])
@pytest.mark.parametrize("select", [[], ["tag:quick"], ["smtp"], ["smtp/wrong"], ["*"], ["connect/refused", "smtp/w*"]])
def test_a_mistake_that_may_concern_the_selection_is_reported(
    mailfault: Any, with_a_mistake: Path, verb: str, select: list[str]
) -> None:
    done = mailfault(verb, *select, "--scenarios", "stories")
    assert done.exit_code == 2
    assert "wrong.toml: titel: there is no such key; did you mean 'title'?" in done.stderr
    assert not done.stdout


@pytest.mark.parametrize(
    ("select", "files"),
    [
        ("connect/refused", 1),
        ("connect/refused[route=mx]", 1),
        ("connect/refused[route=*", 1),
        ("tls-cut-flight", 1),
        ("tls/certificate-exp*", len(list(SHIPPED.glob("tls/certificate-exp*.toml")))),
        ("policy", len(list(SHIPPED.glob("policy/**/*.toml")))),
    ],
)
def test_only_files_that_can_match_are_loaded(monkeypatch: pytest.MonkeyPatch, select: str, files: int) -> None:
    loaded: list[Path] = []
    load_file = loader.load_file

    def counted(path: Path, root: Path) -> Any:
        loaded.append(path)
        return load_file(path, root)

    monkeypatch.setattr(loader, "load_file", counted)
    assert select_scenarios([select], SHIPPED)
    assert len(set(loaded)) == len(loaded) == files


def test_a_tag_loads_only_the_files_that_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[Path] = []
    load_file = loader.load_file

    def load(path: Path, root: Path) -> tuple[Scenario, ...]:
        loaded.append(path)
        return load_file(path, root)

    monkeypatch.setattr(loader, "load_file", load)
    found = select_scenarios(["tag:control"], SHIPPED)
    assert {located.path for located in found} == set(loaded)
    assert all("control" in located.scenario.tags for located in found)
