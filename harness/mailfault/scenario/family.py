"""Families: Python files that tell many like stories, where TOML would need a loop or a condition.

A family is one file in the folder `families` of a folder of scenarios, with a function `scenarios()` that yields them.
Its name is the file's (`smtp_reply.py` is `smtp-reply`); `member` says what tells its scenarios apart.
"""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

from mailfault.scenario.errors import ScenarioError
from mailfault.scenario.model import Scenario

FOLDER = "families"


def member(**settings: object) -> str:
    """The id of a member within its family: `member(stage="rcpt", reply=451)` is "[stage=rcpt,reply=451]"."""
    return "[" + ",".join(f"{key}={value}" for key, value in settings.items()) + "]"


def family_files(root: Path) -> tuple[Path, ...]:
    """The families of a folder of scenarios."""
    return tuple(path for path in sorted((root / FOLDER).glob("*.py")) if not path.stem.startswith("_"))


def family_name(path: Path) -> str:
    return path.stem.replace("_", "-")


def load_family(path: Path) -> tuple[Scenario, ...]:
    """The scenarios that one family yields. The file is run. Raises ScenarioError, with what went wrong in it."""
    return tuple(_members(path))


def _members(path: Path) -> Iterator[Scenario]:
    name = family_name(path)
    try:
        spec = importlib.util.spec_from_file_location(f"mailfault_family_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        told = list(module.scenarios())
    except Exception as error:  # the file is Python of whoever wrote it, and may do anything
        raise ScenarioError(f"{path}: cannot be run: {type(error).__name__}: {error}") from error
    for number, one in enumerate(told, start=1):
        where = f"{path}: scenarios(): number {number}"
        if not isinstance(one, Scenario):
            raise ScenarioError(f"{where} is {type(one).__name__}; it has to be a Scenario")
        if not (one.id.startswith("[") and one.id.endswith("]")):
            raise ScenarioError(f"{where} has the id {one.id!r}; make it with member(...)")
        yield one.model_copy(update={"id": f"{name}{one.id}"})
