"""The commands that play a shortfall of a test again: with pytest, and with mailfault where it can have it."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from mailfault.play.options import RunOptions
    from mailfault.scenario.model import Scenario


def repeating(
    request: pytest.FixtureRequest, client: object, asked: object, scenario: Scenario, options: RunOptions
) -> Iterator[str]:
    """The commands that play this again: with pytest, and with mailfault where it can have both client and scenario."""
    from mailfault.codes.profiles import DEFAULT

    config = request.config
    _, colons, inside = request.node.nodeid.partition("::")
    words = ["pytest", f"{_shortest(request.path)}{colons}{inside}"]
    for option in ("--mail-client", "--mail-client-profile", "--mail-profile", "--mail-sandbox"):
        if (value := config.getoption(option)) is not None:
            words += [option, value]
    if config.getoption("--mail-scenarios"):
        words.append("--mail-scenarios")
    yield shlex.join(words)

    spec = client if isinstance(client, str) else _importable(client)
    select = _selecting(asked if isinstance(asked, str | Path) else request.path, scenario)
    if spec is None or select is None:
        return
    words = ["mailfault", "run", select, "--client", spec]
    if options.profile != DEFAULT:
        words += ["--profile", options.profile]
    if (sandbox := config.getoption("--mail-sandbox")) is not None:
        words += ["--sandbox", sandbox]
    if (profile_file := config.getoption("--mail-client-profile")) is not None:
        words += ["--client-profile", profile_file]
    yield shlex.join(words)


def _selecting(asked: str | Path, scenario: Scenario) -> str | None:
    """What `mailfault run` takes for this scenario: the id of a shipped one, or its file; None: it is in no file."""
    from mailfault.scenario.loader import SHIPPED

    path = Path(asked)
    if path.suffix == ".toml":
        return scenario.id if SHIPPED in path.resolve().parents else _shortest(path)
    return scenario.id if isinstance(asked, str) else None


def _shortest(path: Path) -> str:
    """A path as it is written from the working directory: below it relative, else absolute."""
    here = Path.cwd()
    absolute = Path(os.path.normpath(here / path))
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(absolute)


def place_of(function: object) -> str:
    """`module:qualified.name`, as far as a callable knows where it stands."""
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{getattr(named, '__module__', '?')}:{getattr(named, '__qualname__', '?')}"


def _importable(client: object) -> str | None:
    """The `python:` string that stands for a callable, or None where no other process could import it by that name."""
    module_name, _, path = place_of(client).partition(":")
    found: object = sys.modules.get(module_name)
    for attribute in path.split("."):
        found = getattr(found, attribute, None)
    if found is not client or module_name.rpartition(".")[2] in ("conftest", "__main__"):
        return None
    return f"python:{module_name}:{path}"
