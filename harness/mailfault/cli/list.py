"""`mailfault list`: which scenarios there are."""

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from mailfault.cli import options
from mailfault.cli import selection as chosen


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"


def list_scenarios(
    select: options.Select = None,
    form: Annotated[Format, typer.Option("--format", help="For people, or a JSON array of objects.")] = Format.TABLE,
    scenarios: options.ScenariosFolder = None,
) -> None:
    """List scenarios, and what a right client says."""
    stories = chosen.choose(select, chosen.root_folder(scenarios, chosen.settings()))
    if form is Format.JSON:
        typer.echo(json.dumps([_plain(one) for one in stories], indent=2, ensure_ascii=False))
    else:
        for line in _table(stories):
            typer.echo(line)


def _plain(one: chosen.Chosen) -> dict[str, Any]:
    scenario = one.scenario
    return {
        "id": scenario.id,
        "title": scenario.title,
        "tags": list(scenario.tags),
        "route": str(scenario.connector.route),
        "tls": str(scenario.connector.tls),
        "failure": None if scenario.expect.failure is None else str(scenario.expect.failure),
        "action": scenario.expect.action,
        "refs": list(scenario.refs),
        "path": str(one.path),
    }


def _table(stories: Sequence[chosen.Chosen]) -> list[str]:
    heads = ("id", "a right client says", "title")
    rows = [(one.scenario.id, _expected(one), one.scenario.title) for one in stories]
    id_width, expected_width = (max(len(row[column]) for row in (heads, *rows)) for column in (0, 1))
    lines = [
        f"{identity:<{id_width}}  {expected:<{expected_width}}  {title}" for identity, expected, title in (heads, *rows)
    ]
    lines.insert(1, f"{'-' * id_width}  {'-' * expected_width}  {'-' * len(heads[2])}")
    return [*lines, "", f"{len(rows)} scenario{'s' if len(rows) != 1 else ''}; `mailfault explain ID` tells more"]


def _expected(one: chosen.Chosen) -> str:
    expect = one.scenario.expect
    return "delivered" if expect.failure is None else f"{expect.failure}, {expect.action}"
