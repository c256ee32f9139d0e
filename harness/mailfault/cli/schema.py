"""`mailfault schema`: the JSON Schema of scenario files."""

import json
from pathlib import Path
from typing import Annotated

import typer

DIFFERS = 1


def schema(
    check: Annotated[
        bool, typer.Option("--check", help="Compare the committed schema with the model; exit 1 where they differ.")
    ] = False,
) -> None:
    """Print the JSON Schema of scenario files."""
    from mailfault.scenario import loader
    from mailfault.scenario.schema import scenario_schema

    made = json.dumps(scenario_schema(), indent=2, ensure_ascii=False) + "\n"
    if not check:
        typer.echo(made, nl=False)
        return
    path = loader.SHIPPED / loader.SCHEMA_FILE
    if not path.is_file():
        what = "is missing"
    elif not _says(path, made):
        what = "does not say what the model and the faults say"
    else:
        typer.echo(f"{path} is as it should be")
        return
    typer.echo(f"mailfault: {path} {what}; write it anew:  mailfault schema > {path}", err=True)
    raise typer.Exit(DIFFERS)


def _says(path: Path, made: str) -> bool:
    try:
        return bool(json.loads(path.read_text("utf-8")) == json.loads(made))
    except ValueError:
        return False
