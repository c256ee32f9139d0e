"""The files of a folder of scenarios, and the ids that their names give. Reads no file, and imports no model."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from mailfault.scenario.errors import ScenarioError
from mailfault.scenario.select import can_select, story_of

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


def collect(root: Path, words: Sequence[str], read: Callable[[Path], Iterable[_T]]) -> tuple[_T, ...]:
    """Read the files below `root` that `words` can select (see `select`), all files without words. Sorts by id.

    Raises ScenarioError with the mistakes of all these files, or for two scenarios of one id.
    """
    entries: dict[str, tuple[_T, Path]] = {}
    mistakes: list[str] = []
    for story, path in _story_files(root):
        if words and not any(can_select(word, story) for word in words):
            continue
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


def _story_files(root: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(root.rglob("*.toml")):
        # a file may be named like a variant, "refused[route=mx].toml"
        yield story_of(path.relative_to(root).with_suffix("").as_posix()), path
    for path in family_files(root):
        yield family_name(path), path
