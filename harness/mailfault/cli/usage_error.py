"""Refusal of a wrong command line, and the exit statuses."""

from typing import NoReturn

import typer

WRONG_USAGE = 2
"""Exit status for wrong usage, a bad scenario file, or a client that is not available."""
BROKEN = 3
"""Exit status if mailfault itself failed: the result proves nothing."""


def refuse(message: object) -> NoReturn:
    """Print the message on stderr and exit with status 2. Nothing has been run."""
    typer.echo(f"mailfault: {message}", err=True)
    raise typer.Exit(WRONG_USAGE)


def reason(error: OSError) -> str:
    """Return the text of the operating system for an error: "Permission denied"."""
    return error.strerror or str(error)
