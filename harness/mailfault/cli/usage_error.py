"""How the command line says no."""

from typing import NoReturn

import typer

WRONG_USAGE = 2
"""Exit status for wrong usage, a bad scenario file, or a client that cannot be had."""
BROKEN = 3
"""Exit status where mailfault itself fell short: nothing may be concluded."""


def refuse(message: object) -> NoReturn:
    """Say on stderr what is wrong and what to do, and leave with status 2. Nothing has been run."""
    typer.echo(f"mailfault: {message}", err=True)
    raise typer.Exit(WRONG_USAGE)


def reason(error: OSError) -> str:
    """The system's own words for an error: "Permission denied"."""
    return error.strerror or str(error)
