"""Loading of scenario files. An error reports every mistake of a file, with its place and the legal values."""

import functools
import itertools
import tomllib
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mailfault.scenario.errors import ScenarioError
from mailfault.scenario.family import load_family
from mailfault.scenario.files import SCHEMA_FILE, SHIPPED, collect, file_of, root_of, stories
from mailfault.scenario.model import Scenario
from mailfault.scenario.select import can_select, story_of

__all__ = [
    "SCHEMA_FILE",
    "SHIPPED",
    "ScenarioError",
    "file_of",
    "find_scenario",
    "load_all",
    "load_file",
    "load_matching",
    "load_shipped",
    "load_stories",
    "root_of",
]

_VARIED = ("route", "tls")
"""Connector keys that accept a list. The file then has one scenario for each value."""


def load_shipped() -> tuple[Scenario, ...]:
    """Load the scenarios that come with mailfault."""
    return load_all(SHIPPED)


def load_all(root: Path) -> tuple[Scenario, ...]:
    """Load every scenario below `root`, sorted by id. Raises ScenarioError with the mistakes of all files."""
    return load_matching(root, ())


def load_matching(root: Path, words: Sequence[str]) -> tuple[Scenario, ...]:
    """Load the files below `root` that `words` can select (see `select`), sorted by id; all files without words.

    The result holds every scenario of these files, selected or not. A word "tag:NAME" needs all files. Raises
    ScenarioError with the mistakes of the loaded files, or for two scenarios of one id.
    """
    return collect(root, functools.partial(can_select, words), lambda path: load_file(path, root))


def load_stories(root: Path, wanted: Container[str]) -> tuple[Scenario, ...]:
    """Load the files of these stories below `root`, sorted by id. Raises ScenarioError with their mistakes."""
    return collect(root, wanted.__contains__, lambda path: load_file(path, root))


def find_scenario(wanted: str | Path) -> Scenario:
    """Return the scenario of a file, or a shipped one by its id. Raises ScenarioError if there is none, or several."""
    if isinstance(wanted, Path) or str(wanted).endswith(".toml"):
        path = Path(wanted)
        found = load_file(path, root_of(path))
    else:
        story = file_of(SHIPPED, str(wanted))
        candidates = load_file(story, SHIPPED) if story.is_file() else ()
        found = tuple(scenario for scenario in candidates if wanted in (scenario.id, story_of(scenario.id)))
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(scenario.id for scenario in found[:6]) + (", ..." if len(found) > 6 else "")
        raise ScenarioError(f"{wanted} has a scenario for each of several settings; name one of them: {ids}")
    import difflib

    near = difflib.get_close_matches(str(wanted), stories(SHIPPED), n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "`mailfault list` shows them all"
    raise ScenarioError(f"there is no scenario {str(wanted)!r}", hint=hint)


def load_file(path: Path, root: Path) -> tuple[Scenario, ...]:
    """Load the scenarios of a file: several if it is a family, or if its connector has lists. Raises ScenarioError."""
    if path.suffix == ".py":
        return load_family(path)
    data = _read(path)
    identity = path.resolve().relative_to(root.resolve()).with_suffix("").as_posix()
    if "id" in data:
        raise ScenarioError(f"{path}: id: remove it; the path of the file makes the id {identity!r}")
    return tuple(_build(path, identity, variant) for variant in _variants(path, data))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path}: is not UTF-8 (byte {error.start}); TOML has to be") from error
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{path}: is not TOML: {error}") from error


def _variants(path: Path, data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the data for each combination of the connector's lists, with the suffix of its id."""
    connector = data.get("connector")
    if not isinstance(connector, dict):
        yield "", data
        return
    lists = {key: connector[key] for key in _VARIED if isinstance(connector.get(key), list)}
    for key, values in lists.items():
        if not values or len(set(map(str, values))) != len(values):
            raise ScenarioError(f"{path}: connector.{key}: a list here names each wanted value once, not {values!r}")
    for combination in itertools.product(*lists.values()):
        settings = dict(zip(lists, combination, strict=True))
        suffix = "[" + ",".join(f"{key}={value}" for key, value in settings.items()) + "]" if settings else ""
        yield suffix, {**data, "connector": {**connector, **settings}}


def _build(path: Path, identity: str, variant: tuple[str, dict[str, Any]]) -> Scenario:
    suffix, data = variant
    try:
        return Scenario.model_validate({**data, "id": f"{identity}{suffix}"})
    except ValidationError as error:
        from mailfault.scenario.mistakes import describe_mistakes

        raise ScenarioError("\n".join(f"{path}: {mistake}" for mistake in describe_mistakes(error, data))) from error
