"""Collection of scenario files as tests. Registered as a plugin once the first scenario file is collected."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mailfault.pytest_plugin.fixtures import Shortfall

if TYPE_CHECKING:
    from mailfault.events import ScenarioFinished
    from mailfault.scenario.model import Scenario

_SCENARIO_KEYS = re.compile(r"^(?:(title|why|refs)\s*=|\[\[(host)\]\]|\[(expect)\])", re.MULTILINE)
"""Keys of every scenario. Three of the five tell a scenario from other TOML, even if it has mistakes."""


def scenario_file(path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    """Return the collector of a scenario file, or None for another file."""
    is_scenario = _is_toml_scenario(path) if path.suffix == ".toml" else _is_family(path)
    return ScenarioFile.from_parent(parent, path=path) if is_scenario else None


def _is_family(path: Path) -> bool:
    """Tell a family from other Python files by its folder and its function `scenarios`."""
    if path.suffix != ".py" or path.parent.name != "families" or path.stem.startswith("_"):
        return False
    return "def scenarios(" in path.read_text(encoding="utf-8", errors="replace")


def _is_toml_scenario(path: Path) -> bool:
    """Tell a scenario from other TOML: it names the schema, or has most of the keys that a scenario needs."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if "scenario.schema.json" in text.partition("\n")[0]:
        return True
    return len({found[0] for found in _SCENARIO_KEYS.finditer(text)}) >= 3


class ScenarioFile(pytest.File):
    """A scenario file, with a test for each of its scenarios."""

    def collect(self) -> Iterator[ScenarioItem]:
        from mailfault.scenario.loader import load_file, root_of

        for scenario in load_file(self.path, root_of(self.path)):
            item = ScenarioItem.from_parent(self, name=scenario.id, callobj=_test_of(scenario))
            item.extra_keyword_matches.update(scenario.tags)
            yield item

    def repr_failure(  # type: ignore[override]  # pytest's Collector itself accepts less than its Node
        self, excinfo: pytest.ExceptionInfo[BaseException]
    ) -> Any:
        from mailfault.scenario.errors import ScenarioError

        if isinstance(excinfo.value, ScenarioError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


class ScenarioItem(pytest.Function):
    """One scenario as a test."""

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, Shortfall | pytest.fail.Exception):
            shown = excinfo.getrepr(style="value")
            if isinstance(excinfo.value, Shortfall) and shown.reprcrash is not None:
                shown.reprcrash.message = excinfo.value.in_short
            return shown
        return super().repr_failure(excinfo)


def _test_of(scenario: Scenario) -> Callable[..., None]:
    def test(play: Callable[[Scenario], ScenarioFinished]) -> None:
        play(scenario)

    return test


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report a skipped scenario at its own file, instead of the line of this plugin that skipped it."""
    report = yield
    if isinstance(item, ScenarioItem) and report.skipped and isinstance(report.longrepr, tuple):
        report.longrepr = (str(item.path), 1, report.longrepr[2])
    return report
