"""The JSON Schema of scenario files, generated from the model and the faults. Editors complete and explain by it."""

import inspect
import json
from collections.abc import Mapping
from types import NoneType
from typing import Any, get_args

from mailfault.scenario.layers import Table, layers_of
from mailfault.scenario.model import Scenario
from mailfault_servers.fault import Fault, all_faults

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_WIDTH = 160
_DURATION = {
    "description": "A length of time: a number of seconds, or text with a unit: '250ms', '3s', '2m', '3h', '1d'.",
    "type": ["number", "string"],
    "minimum": 0,
    "pattern": r"^\s*\d+(\.\d+)?\s*(ms|s|m|h|d)\s*$",
}
_PYDANTIC_DURATION = {"anyOf": [{"type": "number"}, {"type": "string"}], "ge": 0}
"""The form in which pydantic writes `Seconds`; "ge" is not a keyword of JSON Schema."""


def schema_text() -> str:
    """Return the schema as it is committed: in JSON, with a line for each value that fits in one."""
    return _written(scenario_schema(), "") + "\n"


def scenario_schema() -> dict[str, Any]:
    """Return the schema. Each fault is a definition with its docstring; inherited parameters are shared."""
    schema = Scenario.model_json_schema()
    schema["properties"].pop("id", None)
    definitions: dict[str, Any] = schema.pop("$defs")
    definitions.pop("Fault", None)
    for table in get_args(Table):
        definitions[table.capitalize()]["properties"]["faults"]["items"] = _any_fault_of(table)
    connector = definitions["Connector"]["properties"]
    for key in ("route", "tls"):
        connector[key] = _one_or_several(connector[key])
    definitions["Duration"] = _DURATION
    for identity, cls in all_faults().items():
        definitions[identity] = _fault_definition(identity, cls, definitions)
    whole = {"$schema": _DIALECT, "$id": "scenario.schema.json", **schema, "$defs": definitions}
    return {key: _simplified(value) for key, value in whole.items()}


def _any_fault_of(table: Table) -> dict[str, Any]:
    ids = [identity for identity, cls in all_faults().items() if cls.layer in layers_of(table)]
    return {"anyOf": [{"$ref": f"#/$defs/{identity}"} for identity in ids]}


def _fault_definition(identity: str, cls: type[Fault], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the definition of a fault. Add what it shares with others to `definitions`."""
    written = cls.model_json_schema(ref_template="#/$defs/{model}")
    shared: dict[str, Any] = written.pop("$defs", {})
    properties: dict[str, Any] = {}
    for name, schema in written["properties"].items():
        base = next(base for base in cls.__mro__ if name in inspect.get_annotations(base))
        if base is cls:
            properties[name] = schema
        else:
            shared[f"{base.__name__}.{name}"] = schema
            properties[name] = {"$ref": f"#/$defs/{base.__name__}.{name}"}
    for name, schema in shared.items():
        if definitions.setdefault(name, schema) != schema:
            raise RuntimeError(f"{identity} has a type {name}, and another type of the schema has that name")
    return {
        "description": inspect.getdoc(cls) or "",
        "type": "object",
        "required": ["use", *written.get("required", [])],
        "additionalProperties": False,
        "properties": {"use": {"const": identity}, **properties},
    }


def _one_or_several(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a value, or of a list of values: the file then has a scenario for each."""
    about = {key: schema[key] for key in ("description", "default") if key in schema}
    bare = {key: value for key, value in schema.items() if key not in about}
    return {**about, "anyOf": [bare, {"type": "array", "items": bare, "minItems": 1, "uniqueItems": True}]}


def _simplified(schema: Any) -> Any:
    """Return the schema without titles (they repeat names), defaults of tables, and null (TOML has none)."""
    if isinstance(schema, list):
        return [_simplified(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    short: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            short[key] = {name: _simplified(entry) for name, entry in value.items()}
        elif not _is_noise(key, value):
            short[key] = _simplified(value)
    return _with_duration(_without_null(short))


def _is_noise(key: str, value: object) -> bool:
    return (key == "title" and isinstance(value, str)) or (key == "default" and isinstance(value, dict | NoneType))


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" not in schema:
        return schema
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    choices = [choice for choice in schema["anyOf"] if choice != {"type": "null"}]
    return {**rest, **choices[0]} if len(choices) == 1 else {**rest, "anyOf": choices}


def _with_duration(schema: dict[str, Any]) -> dict[str, Any]:
    if not schema.items() >= _PYDANTIC_DURATION.items():
        return schema
    return {
        **{key: value for key, value in schema.items() if key not in _PYDANTIC_DURATION},
        "$ref": "#/$defs/Duration",
    }


def _written(value: Any, indent: str) -> str:
    """Return `value` in JSON. A value that fits goes on one line, and so do neighbours that are short."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or len(indent) + len(flat) < _WIDTH:
        return flat
    inner = f"{indent}  "
    if isinstance(value, list):
        return "[\n" + ",\n".join(f"{inner}{_written(entry, inner)}" for entry in value) + f"\n{indent}]"
    lines: list[str] = []
    can_join = False
    for name, entry in value.items():
        is_short = not isinstance(entry, dict) or len(entry) == 1
        text = f"{json.dumps(name, ensure_ascii=False)}: {_written(entry, inner)}"
        if can_join and is_short and len(lines[-1]) + len(text) + 3 < _WIDTH:
            lines[-1] += f", {text}"
        else:
            lines.append(f"{inner}{text}")
        can_join = is_short and "\n" not in text
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
