"""`mailfault schema`: the JSON Schema of scenario files."""

from typing import Annotated

import typer

DIFFERS = 1


def schema(
    check: Annotated[
        bool, typer.Option("--check", help="Compare the installed schema with the model; exit 1 if they differ.")
    ] = False,
) -> None:
    """Print the JSON Schema of scenario files."""
    from mailfault.scenario import files
    from mailfault.scenario.schema import schema_text

    text = schema_text()
    if not check:
        typer.echo(text, nl=False)
        return
    path = files.SHIPPED / files.SCHEMA_FILE
    if path.is_file() and path.read_text("utf-8") == text:
        typer.echo(f"{path} is up to date")
        return
    state = "is out of date" if path.is_file() else "is missing"
    typer.echo(f"mailfault: {path} {state}; write it with:  mailfault schema > {path}", err=True)
    raise typer.Exit(DIFFERS)
