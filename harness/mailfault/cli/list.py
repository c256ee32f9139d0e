"""`mailfault list`: a table of the scenarios."""

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from mailfault.cli import options, selection


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"


def list_scenarios(
    select: options.Select = None,
    form: Annotated[Format, typer.Option("--format", help="A table, or a JSON array of objects.")] = Format.TABLE,
    scenarios: options.ScenariosFolder = None,
) -> None:
    """List scenarios, each with its expected failure.

    Without SELECT it checks every scenario file, and reports all mistakes.
    """
    found = selection.select_scenarios(select, selection.root_folder(scenarios, selection.settings()))
    if form is Format.JSON:
        typer.echo(json.dumps([_plain(located) for located in found], indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join(_table(found)))


def _plain(located: selection.Located) -> dict[str, Any]:
    scenario = located.scenario
    return {
        "id": scenario.id,
        "title": scenario.title,
        "tags": list(scenario.tags),
        "route": str(scenario.connector.route),
        "tls": str(scenario.connector.tls),
        "failure": None if scenario.expect.failure is None else str(scenario.expect.failure),
        "action": scenario.expect.action,
        "refs": list(scenario.refs),
        "path": str(located.path),
    }


def _table(found: Sequence[selection.Located]) -> list[str]:
    heads = ("id", "a correct client reports", "title")
    rows = [(located.scenario.id, _expected(located), located.scenario.title) for located in found]
    id_width, expected_width = (max(len(row[column]) for row in (heads, *rows)) for column in (0, 1))
    lines = [
        f"{identity:<{id_width}}  {expected:<{expected_width}}  {title}" for identity, expected, title in (heads, *rows)
    ]
    lines.insert(1, f"{'-' * id_width}  {'-' * expected_width}  {'-' * len(heads[2])}")
    return [*lines, "", f"{len(rows)} scenario{'s' if len(rows) != 1 else ''}; `mailfault explain ID` shows details"]


def _expected(located: selection.Located) -> str:
    expect = located.scenario.expect
    return "delivered" if expect.failure is None else f"{expect.failure}, {expect.action}"
