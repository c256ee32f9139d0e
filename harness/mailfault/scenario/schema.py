"""The JSON Schema of scenario files, generated from the model and the faults: editors complete and explain by it."""

import inspect
from typing import Any, get_args

from mailfault.scenario.layers import Table, layers_of
from mailfault.scenario.model import Scenario
from mailfault_servers.fault import Fault, all_faults

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def scenario_schema() -> dict[str, Any]:
    """The schema, with every fault, its parameters and its docstring."""
    schema = Scenario.model_json_schema()
    schema["properties"].pop("id", None)
    definitions = schema["$defs"]
    definitions.pop("Fault", None)
    for identity, cls in all_faults().items():
        definitions[identity] = _of_fault(identity, cls, definitions)
    for table in get_args(Table):
        ids = [identity for identity, cls in all_faults().items() if cls.layer in layers_of(table)]
        faults = definitions[table.capitalize()]["properties"]["faults"]
        faults["items"] = {"anyOf": [{"$ref": f"#/$defs/{identity}"} for identity in ids]}
    connector = definitions["Connector"]["properties"]
    for key in ("route", "tls"):
        connector[key] = _one_or_several(connector[key])
    return {"$schema": _DIALECT, "$id": "scenario.schema.json", **schema}


def _of_fault(identity: str, cls: type[Fault], definitions: dict[str, Any]) -> dict[str, Any]:
    made = cls.model_json_schema(ref_template="#/$defs/{model}")
    definitions.update(made.pop("$defs", {}))
    return {
        "type": "object",
        "title": identity,
        "description": inspect.getdoc(cls) or "",
        "properties": {"use": {"const": identity, "description": "Which fault."}, **made.get("properties", {})},
        "required": ["use", *made.get("required", [])],
        "additionalProperties": False,
    }


def _one_or_several(one: dict[str, Any]) -> dict[str, Any]:
    """A value, or a list of values: the story is then told for each."""
    told: dict[str, Any] = {key: one[key] for key in ("description", "default") if key in one}
    bare = {key: value for key, value in one.items() if key not in told}
    return {**told, "anyOf": [bare, {"type": "array", "items": bare, "minItems": 1, "uniqueItems": True}]}
