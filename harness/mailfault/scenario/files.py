"""The files of a folder of scenarios, and the ids that their names give. Reads no file, and imports no model."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol, TypeVar

from mailfault.scenario.errors import ScenarioError
from mailfault.scenario.select import story_of

SHIPPED = (Path(__file__).parents[1] / "scenarios").resolve()
"""Folder of the scenarios that come with mailfault."""
SCHEMA_FILE = "scenario.schema.json"
FAMILIES = "families"
"""Name of the folder with the Python files, each a family of scenarios."""


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


_T = TypeVar("_T", bound=_Identified)


def root_of(path: Path) -> Path:
    """Return the folder that ids of scenarios start from: the nearest with a scenario schema, or named "scenarios"."""
    for folder in path.resolve().parents:
        if (folder / SCHEMA_FILE).is_file() or folder.name == "scenarios":
            return folder
    return path.resolve().parent


def family_files(root: Path) -> tuple[Path, ...]:
    """Return the families of a folder of scenarios."""
    return tuple(path for path in sorted((root / FAMILIES).glob("*.py")) if not path.stem.startswith("_"))


def family_name(path: Path) -> str:
    """Return the name of the family in this file."""
    return path.stem.replace("_", "-")


def file_of(root: Path, identity: str) -> Path:
    """Return the file of the scenario with this id. If there is none, return the TOML file that it would have."""
    story = story_of(identity)
    file = root / f"{story}.toml"
    if file.is_file():
        return file
    families = {family_name(path): path for path in family_files(root)}
    return families.get(story, file)


def stories(root: Path) -> tuple[str, ...]:
    """Return the stories below `root` (ids without settings)."""
    return tuple(sorted({story for story, _ in _story_files(root)}))


def collect(root: Path, is_wanted: Callable[[str], bool], read: Callable[[Path], Iterable[_T]]) -> tuple[_T, ...]:
    """Read the files below `root` with a wanted story. Sorts by id.

    Raises ScenarioError with the mistakes of all these files, or for two scenarios of one id.
    """
    entries: dict[str, tuple[_T, Path]] = {}
    mistakes: list[str] = []
    for story, file in _story_files(root):
        if not is_wanted(story):
            continue
        path = Path(file)
        try:
            for entry in read(path):
                if entry.id in entries:
                    other = entries[entry.id][1]
                    raise ScenarioError(f"{path}: {other} has a scenario {entry.id!r} too; rename one of them")
                entries[entry.id] = (entry, path)
        except ScenarioError as error:
            mistakes.append(str(error))
    if mistakes:
        raise ScenarioError("\n".join(mistakes))
    return tuple(entries[identity][0] for identity in sorted(entries))


def _story_files(root: Path) -> list[tuple[str, str]]:
    """Return story and path of each file, sorted by path; families last. Strings, since most paths are dropped."""
    files: list[tuple[str, str]] = []
    for folder, _, names in os.walk(root):
        prefix = folder.removeprefix(str(root)).removeprefix(os.sep).replace(os.sep, "/")
        for name in names:
            if name.endswith(".toml"):
                # a file may be named like a variant, "refused[route=mx].toml"
                story = story_of(name.removesuffix(".toml"))
                files.append((f"{prefix}/{story}" if prefix else story, os.path.join(folder, name)))  # noqa: PTH118
    files.sort(key=lambda file: file[1])
    return files + [(family_name(path), str(path)) for path in family_files(root)]
