"""The parser of the command line. It imports the module of a verb when the verb is called."""

import importlib
import io
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from mailfault.cli.usage_error import BROKEN

VERBS = {
    "run": "run:run",
    "list": "list:list_scenarios",
    "explain": "explain:explain",
    "check-client": "check_client:check_client",
    "clients": "clients:clients",
    "replay": "replay:replay",
    "schema": "schema:schema",
    "generate": "generate:generate",
    "toxiproxy": "toxiproxy:toxiproxy",
}
"""Module and function of each verb, in the order of `mailfault --help`."""
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class _Verbs(TyperGroup):
    """The verbs, each imported when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in VERBS:
            return None
        module, _, function = VERBS[cmd_name].partition(":")
        parser = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=_SETTINGS)
        parser.command(cmd_name)(getattr(importlib.import_module(f"mailfault.cli.{module}"), function))
        return get_command(parser)


app = typer.Typer(
    name="mailfault",
    cls=_Verbs,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=_SETTINGS,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from mailfault.cli.version import version

        typer.echo(f"mailfault {version()}")
        raise typer.Exit


@app.callback()
def _mailfault(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Does my client understand what went wrong?

    Runs mail delivery clients through every way in which a delivery can fail. Reports for each whether the client
    named the failure correctly, with the evidence.

    Exit status: 0 success; 1 the client fell short; 2 wrong usage or a bad scenario file; 3 mailfault itself failed,
    and the result proves nothing.
    """


def run_app() -> None:
    """Parse the command line and call the verb. Ends the process."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a character that the terminal cannot show is not an error
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="mailfault")
    except Exception:  # status 1 would mean that the client fell short
        import traceback

        traceback.print_exc()
        typer.echo("mailfault: this is a bug in mailfault; the result proves nothing", err=True)
        sys.exit(BROKEN)
