"""The JSON Schema of scenario files: an editor accepts what the loader accepts, and marks the common mistakes."""

import json
import tomllib
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mailfault.scenario.loader import SHIPPED
from mailfault.scenario.schema import scenario_schema, schema_text
from mailfault_servers.fault import Fault, all_faults

GOOD = """
title = "A firewall rejects the connection"
why = "Nothing was said about the message, so it stays queued."
refs = ["RFC 9293 3.10.7.1"]
[connector]
route = ["mx", "smart-host"]
command_limit = "400ms"
[dns]
faults = [{ use = "dns.servfail", type = "MX", times = 2 }]
[[host]]
name = "mx1.dest.example"
faults = [{ use = "tcp.refuse", until = "3h" }]
[expect]
failure = "connection-refused"
action = "defer"
"""


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json.loads((SHIPPED / "scenario.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def places(validator: Draft202012Validator, text: str) -> list[str]:
    return [error.json_path for error in validator.iter_errors(tomllib.loads(text))]


def test_the_committed_schema_is_the_models_own() -> None:
    committed = (SHIPPED / "scenario.schema.json").read_text("utf-8")
    assert committed == schema_text(), "it is out of date; run `mailfault generate`"


def test_it_is_short_enough_to_read_in_a_diff() -> None:
    assert len(schema_text().splitlines()) < 2500
    assert json.loads(schema_text()) == scenario_schema()


def test_it_accepts_every_shipped_file(validator: Draft202012Validator) -> None:
    files = sorted(SHIPPED.rglob("*.toml"))
    assert len(files) >= 650
    assert {path.name: found for path in files if (found := places(validator, path.read_text("utf-8")))} == {}


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("title =", "seeed = 1\ntitle =", "$"),
        ('"A firewall rejects the connection"', '"A"', "$.title"),
        ('refs = ["RFC 9293 3.10.7.1"]', "refs = []", "$.refs"),
        ("command_limit =", "comand_limit =", "$.connector"),
        ('"400ms"', '"soon"', "$.connector.command_limit"),
        ('"400ms"', "-1", "$.connector.command_limit"),
        ('["mx", "smart-host"]', '"mxx"', "$.connector.route"),
        ('["mx", "smart-host"]', '["mx", "mx"]', "$.connector.route"),
        ("dns.servfail", "dns.servfial", "$.dns.faults[0]"),
        ("dns.servfail", "tcp.refuse", "$.dns.faults[0]"),
        ("tcp.refuse", "dns.servfail", "$.host[0].faults[0]"),
        ("times = 2", "times = 0", "$.dns.faults[0]"),
        ("times = 2", "tims = 2", "$.dns.faults[0]"),
        ('type = "MX"', "type = 15", "$.dns.faults[0]"),
        ('until = "3h"', 'until = "3 weeks"', "$.host[0].faults[0]"),
        ('until = "3h"', 'by = "1d"', "$.host[0].faults[0]"),
        ('{ use = "tcp.refuse", until = "3h" }', '"tcp.refuse"', "$.host[0].faults[0]"),
        ('"connection-refused"', '"refused"', "$.expect.failure"),
        ('action = "defer"', "", "$.expect"),
    ],
)
def test_it_marks_a_mistake_at_its_place(validator: Draft202012Validator, old: str, new: str, place: str) -> None:
    assert places(validator, GOOD) == []
    assert GOOD.count(old) == 1
    assert places(validator, GOOD.replace(old, new)) == [place]


def resolved(schema: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in entry:
        return entry
    target: dict[str, Any] = schema["$defs"][entry["$ref"].removeprefix("#/$defs/")]
    return {**resolved(schema, target), **{key: value for key, value in entry.items() if key != "$ref"}}


def test_an_editor_can_complete_and_explain_every_fault_and_parameter() -> None:
    schema = scenario_schema()
    for identity, cls in all_faults().items():
        definition = schema["$defs"][identity]
        assert definition["properties"]["use"] == {"const": identity}
        assert set(definition["properties"]) == {"use", *cls.model_fields}
        assert definition["description"]
        for name, entry in definition["properties"].items():
            assert name == "use" or resolved(schema, entry)["description"], f"{identity}: {name}"
    branches = {
        choice["$ref"]
        for table in ("Dns", "Sts", "Host")
        for choice in schema["$defs"][table]["properties"]["faults"]["items"]["anyOf"]
    }
    assert branches == {f"#/$defs/{identity}" for identity in all_faults()}


def test_every_reference_leads_to_a_definition_and_every_definition_is_used() -> None:
    schema = scenario_schema()
    targets = {word.removeprefix("#/$defs/") for word in json.dumps(schema).split('"') if word.startswith("#/$defs/")}
    assert targets == set(schema["$defs"])
    assert set(Fault.model_fields) == {name.removeprefix("Fault.") for name in targets if name.startswith("Fault.")}
