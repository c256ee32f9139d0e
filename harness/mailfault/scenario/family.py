"""Families: Python files that yield many similar scenarios, where TOML would need a loop or a condition.

A family is a file in the folder `families` of a folder of scenarios. Its function `scenarios()` yields them. The name
of the family is the name of the file: `smtp_reply.py` is `smtp-reply`. `member` makes the part of an id that tells the
scenarios of a family apart.
"""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

from mailfault.scenario.errors import ScenarioError
from mailfault.scenario.files import family_name
from mailfault.scenario.model import Scenario


def member(**settings: object) -> str:
    """Return the id of a member within its family: `member(stage="rcpt", reply=451)` is "[stage=rcpt,reply=451]"."""
    return "[" + ",".join(f"{key}={value}" for key, value in settings.items()) + "]"


def load_family(path: Path) -> tuple[Scenario, ...]:
    """Run the file of a family and return its scenarios. Raises ScenarioError if that fails."""
    return tuple(_members(path))


def _members(path: Path) -> Iterator[Scenario]:
    name = family_name(path)
    try:
        spec = importlib.util.spec_from_file_location(f"mailfault_family_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        members = list(module.scenarios())
    except Exception as error:  # the file is the user's Python, and can raise anything
        raise ScenarioError(f"{path}: cannot be run: {type(error).__name__}: {error}") from error
    for number, scenario in enumerate(members, start=1):
        where = f"{path}: scenarios(): number {number}"
        if not isinstance(scenario, Scenario):
            raise ScenarioError(f"{where} is {type(scenario).__name__}; it has to be a Scenario")
        if not (scenario.id.startswith("[") and scenario.id.endswith("]")):
            raise ScenarioError(f"{where} has the id {scenario.id!r}; make it with member(...)")
        yield scenario.model_copy(update={"id": f"{name}{scenario.id}"})
