"""The commands that repeat a shortfall of a test: with pytest, and with mailfault if both can be named there."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from mailfault.events import ScenarioFinished
    from mailfault.play.options import RunOptions
    from mailfault.scenario.model import Scenario


def failure_story(
    finished: ScenarioFinished,
    request: pytest.FixtureRequest,
    client: object,
    asked: object,
    scenario: Scenario,
    options: RunOptions,
) -> str:
    """Return the whole story of a shortfall, with the commands that repeat it.

    `client` is the value of the fixture `mail_client`, `asked` the argument of `play`.
    """
    from mailfault.reports.shortfall import shortfall

    commands = _repeat_commands(request, client, asked, scenario, options)
    return shortfall(replace(finished, repeat="\n".join(commands)))


def _repeat_commands(
    request: pytest.FixtureRequest, client: object, asked: object, scenario: Scenario, options: RunOptions
) -> Iterator[str]:
    from mailfault.codes.code_maps import DEFAULT

    config = request.config
    _, colons, inside = request.node.nodeid.partition("::")
    words = ["pytest", f"{_shortest(request.path)}{colons}{inside}"]
    for option in ("--mail-client", "--mail-client-profile", "--mail-python", "--mail-profile", "--mail-sandbox"):
        if (value := config.getoption(option)) is not None:
            words += [option, value]
    words += [flag for flag in ("--mail-in-process", "--mail-scenarios") if config.getoption(flag)]
    yield shlex.join(words)

    spec = client if isinstance(client, str) else _importable(client)
    select = _select_word(asked if isinstance(asked, str | Path) else request.path, scenario)
    if spec is None or select is None:
        return
    words = ["mailfault", "run", select, "--client", spec]
    if spec.startswith("python"):
        words += _process_words(config)
    if options.profile != DEFAULT:
        words += ["--profile", options.profile]
    if (sandbox := config.getoption("--mail-sandbox")) is not None:
        words += ["--sandbox", sandbox]
    if (profile_file := config.getoption("--mail-client-profile")) is not None:
        words += ["--client-profile", profile_file]
    yield shlex.join(words)


def _process_words(config: pytest.Config) -> list[str]:
    """Return the options for the process of a `python:` client."""
    if config.getoption("--mail-in-process"):
        return ["--in-process"]
    python = config.getoption("--mail-python")
    return ["--python", python] if python is not None else []


def _select_word(asked: str | Path, scenario: Scenario) -> str | None:
    """Return the word for `mailfault run`: the id of a shipped scenario, or a file. Return None if it has no file."""
    from mailfault.scenario.loader import SHIPPED

    path = Path(asked)
    if path.suffix == ".toml":
        return scenario.id if SHIPPED in path.resolve().parents else _shortest(path)
    return scenario.id if isinstance(asked, str) else None


def _shortest(path: Path) -> str:
    """Return the path relative to the working directory if it lies below it, else absolute."""
    here = Path.cwd()
    absolute = Path(os.path.normpath(here / path))
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(absolute)


def import_path(function: object) -> str:
    """Return `module:qualified.name`, with "?" for a part that the callable does not have."""
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{getattr(named, '__module__', '?')}:{getattr(named, '__qualname__', '?')}"


def _importable(client: object) -> str | None:
    """Return the `python:` string for a callable, or None if another process could not import it by that name."""
    module_name, _, path = import_path(client).partition(":")
    found: object = sys.modules.get(module_name)
    for attribute in path.split("."):
        found = getattr(found, attribute, None)
    if found is not client or module_name.rpartition(".")[2] in ("conftest", "__main__"):
        return None
    return f"python:{module_name}:{path}"
