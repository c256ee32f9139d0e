"""The command line: one file a verb.

A verb's module is cheap to import; what it needs to do its work is imported when it works, so that `--version` does not
pay for fake servers.
"""

import io
import sys
import traceback
from typing import Annotated

import typer

from mailfault.cli.check_client import check_client
from mailfault.cli.clients import clients
from mailfault.cli.explain import explain
from mailfault.cli.list import list_scenarios
from mailfault.cli.replay import replay
from mailfault.cli.run import run
from mailfault.cli.schema import schema
from mailfault.cli.toxiproxy import toxiproxy
from mailfault.cli.usage_error import BROKEN
from mailfault.cli.version import version

__all__ = ["app", "main"]

app = typer.Typer(
    name="mailfault",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mailfault {version()}")
        raise typer.Exit


@app.callback()
def _mailfault(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Does my client understand what went wrong?

    Takes mail delivery clients through every way in which a delivery fails, and tells for each whether the client named
    the failure rightly, with the evidence.

    Exit status: 0 all is well; 1 the client fell short; 2 wrong usage or a bad scenario file; 3 mailfault itself
    fell short, and nothing may be concluded.
    """


for _verb, _function in (
    ("run", run),
    ("list", list_scenarios),
    ("explain", explain),
    ("check-client", check_client),
    ("clients", clients),
    ("replay", replay),
    ("schema", schema),
    ("toxiproxy", toxiproxy),
):
    app.command(_verb)(_function)


def main() -> None:
    """The command `mailfault`. Ends the process with the exit status of the contract."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that cannot show a character is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="mailfault")
    except Exception:  # status 1 would say that the client fell short
        traceback.print_exc()
        typer.echo("mailfault: that is a fault of mailfault itself; nothing may be concluded from it", err=True)
        sys.exit(BROKEN)
