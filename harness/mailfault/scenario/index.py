"""The index of a folder of scenarios: the rows of `mailfault list`, without building a single scenario.

The shipped index is generated. It holds a checksum of each file, and the rows that the file gave when it was last
validated. A file that changed since, or that the index does not know, is loaded: its mistakes are reported as ever.
"""

import functools
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mailfault.scenario.files import collect, family_files
from mailfault.scenario.select import can_select

if TYPE_CHECKING:
    from mailfault.scenario.model import Scenario

INDEX_FILE = "index.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A scenario in a list."""

    id: str
    title: str
    tags: tuple[str, ...]
    route: str
    tls: str
    failure: str | None
    action: str
    refs: tuple[str, ...]


def rows_below(root: Path, words: Sequence[str] = ()) -> tuple[Row, ...]:
    """Return the rows of every file below `root` that `words` can select, by id. Raises ScenarioError as `load_all`."""
    return collect(root, functools.partial(can_select, words), functools.partial(_rows_of, root, _index(root)))


def index_text(root: Path) -> str:
    """Return the index of a folder, in JSON, with a line for each file. Raises ScenarioError."""
    lines = []
    for path in (*sorted(root.rglob("*.toml")), *family_files(root)):
        entry = {"checksum": _checksum(path.read_bytes()), "rows": [asdict(row) for row in _loaded_rows(root, path)]}
        name = json.dumps(path.relative_to(root).as_posix())
        lines.append(f"{name}: {json.dumps(entry, ensure_ascii=False)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _index(root: Path) -> Mapping[str, Any]:
    try:
        index: Mapping[str, Any] = json.loads((root / INDEX_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return index if isinstance(index, dict) else {}


def _rows_of(root: Path, index: Mapping[str, Any], path: Path) -> tuple[Row, ...]:
    entry = index.get(path.relative_to(root).as_posix())
    try:
        if entry is not None and entry["checksum"] == _checksum(path.read_bytes()):
            return tuple(
                Row(**{**row, "tags": tuple(row["tags"]), "refs": tuple(row["refs"])}) for row in entry["rows"]
            )
    except (OSError, TypeError, LookupError):
        pass  # an index of another version; the loader reports a file that cannot be read
    return _loaded_rows(root, path)


def _loaded_rows(root: Path, path: Path) -> tuple[Row, ...]:
    from mailfault.scenario.loader import load_file

    return tuple(row_of(scenario) for scenario in load_file(path, root))


def row_of(scenario: "Scenario") -> Row:
    """Return the row of a scenario."""
    failure = scenario.expect.failure
    return Row(
        id=scenario.id,
        title=scenario.title,
        tags=scenario.tags,
        route=str(scenario.connector.route),
        tls=str(scenario.connector.tls),
        failure=None if failure is None else str(failure),
        action=scenario.expect.action,
        refs=scenario.refs,
    )


def _checksum(content: bytes) -> str:
    return f"{len(content)}-{zlib.crc32(content):08x}"
