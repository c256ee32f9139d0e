"""`mailfault list`: a table of the scenarios."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from mailfault.cli import options, selection

if TYPE_CHECKING:
    from mailfault.scenario.index import Row


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
    rows = selection.select_rows(select, selection.root_folder(scenarios, selection.settings()))
    if form is Format.JSON:
        typer.echo(
            json.dumps([{**asdict(row), "path": str(path)} for row, path in rows.items()], indent=2, ensure_ascii=False)
        )
    else:
        typer.echo("\n".join(_table(list(rows))))


def _table(scenarios: Sequence["Row"]) -> list[str]:
    heads = ("id", "a correct client reports", "title")
    rows = [(row.id, _expected(row), row.title) for row in scenarios]
    id_width, expected_width = (max(len(row[column]) for row in (heads, *rows)) for column in (0, 1))
    lines = [
        f"{identity:<{id_width}}  {expected:<{expected_width}}  {title}" for identity, expected, title in (heads, *rows)
    ]
    lines.insert(1, f"{'-' * id_width}  {'-' * expected_width}  {'-' * len(heads[2])}")
    return [*lines, "", f"{len(rows)} scenario{'s' if len(rows) != 1 else ''}; `mailfault explain ID` shows details"]


def _expected(row: "Row") -> str:
    return "delivered" if row.failure is None else f"{row.failure}, {row.action}"
