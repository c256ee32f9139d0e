"""Plain words for the mistakes that pydantic finds in a scenario file: place, value, and the legal values."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from mailfault.scenario.model import Connector, Dns, Expect, Host, Scenario, Sts, Tolerated
from mailfault_servers.fault import Fault, UnknownFault, find_fault

_TABLES: dict[str, type[BaseModel]] = {
    "connector": Connector,
    "dns": Dns,
    "sts": Sts,
    "host": Host,
    "expect": Expect,
    "tolerated": Tolerated,
}
_WRONG_TYPE = {
    "string_type": "is not text; put it in quotes",
    "tuple_type": "is not a list; write it in square brackets",
    "list_type": "is not a list; write it in square brackets",
    "bool_type": "is neither true nor false",
    "bool_parsing": "is neither true nor false",
}


def describe_mistakes(error: ValidationError, data: Mapping[str, Any]) -> Iterator[str]:
    """Yield each mistake in `data` with its place: "host[1].name: is missing"."""
    mistakes = error.errors()
    for mistake in mistakes:
        inner = any(other["loc"][: len(mistake["loc"])] == mistake["loc"] for other in mistakes if other is not mistake)
        if mistake["type"] == "too_short" and inner:
            continue  # pydantic counts only the valid entries of a list; the invalid ones are reported already
        keys = [key for key in mistake["loc"] if not str(key).startswith("function-")]
        yield f"{_place(keys)}: {_describe(mistake, keys, data)}"


def _describe(mistake: Any, keys: Sequence[Any], data: Mapping[str, Any]) -> str:
    """Describe one mistake: the given value, and the legal ones."""
    kind, given = mistake["type"], mistake["input"]
    if kind in _WRONG_TYPE:
        return f"{given!r} {_WRONG_TYPE[kind]}"
    match kind:
        case "extra_forbidden":
            return f"there is no such key; {_nearest_key(keys, data)}"
        case "missing":
            return "is missing"
        case "value_error":
            return str(mistake["msg"]).removeprefix("Value error, ")
        case "enum" | "literal_error":
            return _not_one_of(given, str(mistake["ctx"]["expected"]))
        case "string_too_short" | "too_short":
            unit = "characters" if isinstance(given, str) else "entries"
            return f"{given!r} is too short; it needs at least {mistake['ctx']['min_length']} {unit}"
        case "string_too_long":
            limit = mistake["ctx"]["max_length"]
            return f"is too long ({len(str(given))} characters); at most {limit} are allowed"
        case _:
            message = str(mistake["msg"])
            return f"{given!r}: {message[:1].lower()}{message[1:]}"


def _not_one_of(given: object, expected: str) -> str:
    """`expected` is pydantic's list of the legal values: "'mx' or 'smart-host'"."""
    legal = [value.strip("'") for value in expected.replace(" or ", ", ").split(", ")]
    near = difflib.get_close_matches(str(given), legal, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"{given!r} is not one of {', '.join(legal)}{hint}"


def _place(keys: Iterable[object]) -> str:
    written = ""
    for key in keys:
        written += f"[{int(key) + 1}]" if isinstance(key, int) else f".{key}"
    return written.lstrip(".") or "the file"


def _nearest_key(keys: Sequence[Any], data: Mapping[str, Any]) -> str:
    known = _known_keys(keys, data)
    near = difflib.get_close_matches(str(keys[-1]), known, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"


def _known_keys(keys: Sequence[Any], data: Mapping[str, Any]) -> list[str]:
    """Return the legal keys at the place of an unknown one."""
    model: type[BaseModel] = Scenario
    value: Any = data
    for key in keys[:-1]:
        value = value[key] if isinstance(value, dict | list) and _has(value, key) else None
        if isinstance(key, str) and key in _TABLES:
            model = _TABLES[key]
        elif isinstance(value, dict) and "use" in value:
            model = _fault_model(str(value["use"]))
    names = [name for name in model.model_fields if name != "id"]
    return ["use", *names] if issubclass(model, Fault) else names


def _fault_model(identity: str) -> type[Fault]:
    try:
        return find_fault(identity)
    except UnknownFault:
        return Fault


def _has(value: dict[str, Any] | list[Any], key: Any) -> bool:
    return key in value if isinstance(value, dict) else isinstance(key, int) and key < len(value)
