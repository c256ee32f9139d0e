"""From files to scenarios. Every mistake of a file is told at once, with its place and what would be right."""

import difflib
import itertools
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from mailfault.scenario.errors import ScenarioError
from mailfault.scenario.family import family_files, family_name, load_family
from mailfault.scenario.model import Connector, Dns, Expect, Host, Scenario, Sts, Tolerated
from mailfault_servers.fault import Fault, UnknownFault, find_fault

SHIPPED = (Path(__file__).parents[1] / "scenarios").resolve()
"""The scenarios that come with mailfault."""
__all__ = ["SHIPPED", "ScenarioError", "file_of", "find_scenario", "load_all", "load_file", "load_shipped", "root_of"]

SCHEMA_FILE = "scenario.schema.json"
_VARIED = ("route", "tls")
"""Connector keys that a file may give a list for: the story is then told once for each."""
_TABLES: dict[str, type[BaseModel]] = {
    "connector": Connector,
    "dns": Dns,
    "sts": Sts,
    "host": Host,
    "expect": Expect,
    "tolerated": Tolerated,
}


def root_of(path: Path) -> Path:
    """The folder below which a file's place is its id: the nearest with a scenario schema, or named "scenarios"."""
    for folder in path.resolve().parents:
        if (folder / SCHEMA_FILE).is_file() or folder.name == "scenarios":
            return folder
    return path.resolve().parent


def load_shipped() -> tuple[Scenario, ...]:
    """The scenarios that come with mailfault."""
    return load_all(SHIPPED)


def load_all(root: Path) -> tuple[Scenario, ...]:
    """Every scenario below a folder, by id. Raises ScenarioError with the mistakes of all files, or for a double id."""
    scenarios: dict[str, tuple[Scenario, Path]] = {}
    mistakes: list[str] = []
    for path in (*sorted(root.rglob("*.toml")), *family_files(root)):
        try:
            for scenario in load_file(path, root):
                if scenario.id in scenarios:
                    other = scenarios[scenario.id][1]
                    raise ScenarioError(f"{path}: scenario {scenario.id!r} stands in {other} too; rename one of them")
                scenarios[scenario.id] = (scenario, path)
        except ScenarioError as error:
            mistakes.append(str(error))
    if mistakes:
        raise ScenarioError("\n".join(mistakes))
    return tuple(scenarios[identity][0] for identity in sorted(scenarios))


def find_scenario(wanted: str | Path) -> Scenario:
    """One scenario: of a file, or a shipped one by its id. Raises ScenarioError where there is none, or several."""
    if isinstance(wanted, Path) or str(wanted).endswith(".toml"):
        path = Path(wanted)
        found = load_file(path, root_of(path))
    else:
        story = file_of(SHIPPED, str(wanted))
        candidates = load_file(story, SHIPPED) if story.is_file() else ()
        found = tuple(one for one in candidates if wanted in (one.id, one.id.partition("[")[0]))
    if len(found) == 1:
        return found[0]
    if found:
        some = ", ".join(one.id for one in found[:6]) + (", ..." if len(found) > 6 else "")
        raise ScenarioError(f"{wanted} is told for several settings; say which: {some}")
    near = difflib.get_close_matches(str(wanted), [one.id for one in load_shipped()], n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "`mailfault list` shows them all"
    raise ScenarioError(f"there is no scenario {str(wanted)!r}; {hint}")


def file_of(root: Path, identity: str) -> Path:
    """The file that tells the scenario of this id, or would."""
    story = identity.partition("[")[0]
    told = root / f"{story}.toml"
    families = {family_name(path): path for path in family_files(root)}
    return told if told.is_file() else families.get(story, told)


def load_file(path: Path, root: Path) -> tuple[Scenario, ...]:
    """The scenarios of one file: several where its connector gives lists, or it is a family. Raises ScenarioError."""
    if path.suffix == ".py":
        return load_family(path)
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path}: is not UTF-8 (byte {error.start}); TOML has to be") from error
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{path}: is not TOML: {error}") from error
    identity = path.resolve().relative_to(root.resolve()).with_suffix("").as_posix()
    if "id" in data:
        raise ScenarioError(f"{path}: id: is not written in the file; its place makes it {identity!r}. Remove it")
    return tuple(_build(path, identity, variant) for variant in _variants(path, data))


def _variants(path: Path, data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The data once for each combination of the connector's lists, with what tells them apart in the id."""
    connector = data.get("connector")
    if not isinstance(connector, dict):
        yield "", data
        return
    lists = {key: connector[key] for key in _VARIED if isinstance(connector.get(key), list)}
    for key, values in lists.items():
        if not values or len(set(map(str, values))) != len(values):
            raise ScenarioError(f"{path}: connector.{key}: a list here names each wanted value once, not {values!r}")
    for chosen in itertools.product(*lists.values()):
        settings = dict(zip(lists, chosen, strict=True))
        suffix = "[" + ",".join(f"{key}={value}" for key, value in settings.items()) + "]" if settings else ""
        yield suffix, {**data, "connector": {**connector, **settings}}


def _build(path: Path, identity: str, variant: tuple[str, dict[str, Any]]) -> Scenario:
    suffix, data = variant
    try:
        return Scenario.model_validate({**data, "id": f"{identity}{suffix}"})
    except ValidationError as error:
        raise ScenarioError("\n".join(_mistakes(path, error, data))) from error


def _mistakes(path: Path, error: ValidationError, data: dict[str, Any]) -> Iterator[str]:
    mistakes = error.errors()
    for mistake in mistakes:
        inner = any(other["loc"][: len(mistake["loc"])] == mistake["loc"] for other in mistakes if other is not mistake)
        if mistake["type"] == "too_short" and inner:
            continue  # pydantic counts only the sound ones of a list: what is wrong inside it is told already
        place = [part for part in mistake["loc"] if not str(part).startswith("function-")]
        yield f"{path}: {_place(place)}: {_told(mistake, place, data)}"


def _told(mistake: Any, place: list[Any], data: dict[str, Any]) -> str:
    """One mistake in plain words: what is there, and what would be right."""
    given, context = mistake["input"], mistake.get("ctx", {})
    match mistake["type"]:
        case "extra_forbidden":
            return f"there is no such key; {_nearest_key(place, data)}"
        case "missing":
            return "is missing"
        case "value_error":
            return str(mistake["msg"]).removeprefix("Value error, ")
        case "enum" | "literal_error":
            legal = [one.strip("'") for one in str(context["expected"]).replace(" or ", ", ").split(", ")]
            near = difflib.get_close_matches(str(given), legal, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            return f"{given!r} is not one of {', '.join(legal)}{hint}"
        case "string_too_short" | "too_short":
            unit = "characters" if isinstance(given, str) else "entries"
            return f"{given!r} is too short; it needs at least {context['min_length']} {unit}"
        case "string_too_long":
            return f"is too long ({len(str(given))} characters); at most {context['max_length']} are allowed"
        case "string_type":
            return f"{given!r} is no text; put it in quotes"
        case "tuple_type" | "list_type":
            return f"{given!r} is no list; write it in square brackets"
        case "bool_type" | "bool_parsing":
            return f"{given!r} is neither true nor false"
        case _:
            message = str(mistake["msg"])
            return f"{given!r}: {message[:1].lower()}{message[1:]}"


def _place(parts: Iterable[object]) -> str:
    written = ""
    for part in parts:
        written += f"[{int(part) + 1}]" if isinstance(part, int) else f".{part}"
    return written.lstrip(".") or "the file"


def _nearest_key(place: list[Any], data: Mapping[str, Any]) -> str:
    known = _known_keys(place, data)
    near = difflib.get_close_matches(str(place[-1]), known, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"


def _known_keys(place: list[Any], data: Mapping[str, Any]) -> list[str]:
    """The keys that could stand where an unknown one does."""
    model: type[BaseModel] = Scenario
    value: Any = data
    for part in place[:-1]:
        value = value[part] if isinstance(value, dict | list) and _has(value, part) else None
        if isinstance(part, str) and part in _TABLES:
            model = _TABLES[part]
        elif isinstance(value, dict) and "use" in value:
            try:
                model = find_fault(str(value["use"]))
            except UnknownFault:
                model = Fault
    names = [name for name in model.model_fields if name != "id"]
    return ["use", *names] if issubclass(model, Fault) else names


def _has(value: dict[str, Any] | list[Any], part: Any) -> bool:
    return part in value if isinstance(value, dict) else isinstance(part, int) and part < len(value)
