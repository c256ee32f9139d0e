"""`mailfault generate`: write the generated files of the source tree."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from mailfault.cli.usage_error import refuse

OUT_OF_DATE = 1


def generate(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 and name the files that are out of date.")
    ] = False,
) -> None:
    """Write the generated files of a checkout.

    For contributors. The files are the JSON Schema, index and catalogue of the scenarios, and the rules of the
    diagnosis. It needs a checkout of mailfault, installed in editable mode.
    """
    root = _checkout()
    stale = {path: text for path, text in _files(root).items() if _content(path) != text}
    for path, text in stale.items():
        if check:
            typer.echo(f"mailfault: {path} is out of date; run `mailfault generate`", err=True)
        else:
            path.write_text(text, "utf-8")
            typer.echo(f"{path} written")
    if stale and check:
        raise typer.Exit(OUT_OF_DATE)
    if not stale:
        typer.echo("all generated files are up to date")


def _checkout() -> Path:
    """Return the folder of the checkout that this package is imported from."""
    package = Path(__file__).resolve().parents[1]
    root = package.parents[1]
    if not (root / "pyproject.toml").is_file() or not (root / "scenarios").is_dir():
        refuse(
            f"there is no checkout of mailfault: {package} is an installed copy; clone the repository and install it "
            "with `pip install -e`"
        )
    return root


def _files(root: Path) -> Mapping[Path, str]:
    """Return the text of each generated file, by path."""
    from mailfault.diagnosis.page import ending_rules_page
    from mailfault.scenario.catalogue import catalogue
    from mailfault.scenario.files import SCHEMA_FILE
    from mailfault.scenario.index import INDEX_FILE, index_text
    from mailfault.scenario.loader import load_all
    from mailfault.scenario.schema import schema_text

    scenarios = root / "scenarios"
    return {
        scenarios / SCHEMA_FILE: schema_text(),
        scenarios / INDEX_FILE: index_text(scenarios),
        scenarios / "README.md": catalogue(load_all(scenarios)),
        root / "harness" / "mailfault" / "diagnosis" / "README.md": ending_rules_page(),
    }


def _content(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None
