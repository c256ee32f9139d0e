"""`mailfault check-client`: verify that a client adapter works."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from mailfault.cli import options, selection

if TYPE_CHECKING:
    from mailfault.clients.client import Client
    from mailfault.codes.code_map import CodeMap
    from mailfault.play.placement import Networks
    from mailfault.play.result import ScenarioResult
    from mailfault.scenario.model import Scenario

ADAPTER_FALLS_SHORT = 1


def check_client(
    client: options.ClientString = None,
    client_profile: options.ClientProfileFile = None,
    python: options.Python = None,
    in_process: options.InProcess = False,
    profile: options.ProfileName = None,
    sandbox: options.Sandbox = None,
) -> None:
    """Verify that a client adapter works.

    Tries a normal delivery, one fault of each kind, and targets that the client must refuse. It does not check that
    the client names a fault correctly; `mailfault run` does.
    """
    from mailfault.clients.check import check_client as check

    defaults = selection.settings()
    code_map = selection.code_map_named(profile or defaults.profile or selection.DEFAULT_PROFILE)
    networks = selection.networks(sandbox, defaults)
    named = [client] if client else None
    with selection.opened_clients(named, client_profile, defaults, python, in_process) as opened:
        failed = 0
        for candidate in opened:
            typer.echo(f"{candidate.name} (--client {candidate.spec})\n")
            checks = check(candidate, play=_player(candidate, code_map, networks))
            for number, done in enumerate(checks, start=1):
                typer.echo(f"  {number:>2}  {'ok  ' if done.ok else 'FAIL'}  {done.title}: {done.detail}")
            failed += sum(not done.ok for done in checks)
    if failed:
        typer.echo(f"\n{failed} of these checks failed: fix the adapter before you trust a verdict")
        raise typer.Exit(ADAPTER_FALLS_SHORT)
    typer.echo("\nThe adapter works: the verdicts of `mailfault run` are about the client.")


def _player(client: "Client", code_map: "CodeMap", networks: "Networks") -> "Callable[[Scenario], ScenarioResult]":
    from mailfault.play.options import RunOptions
    from mailfault.play.retry import play_with_retries
    from mailfault.world.plan import plan_world

    run_options = RunOptions(profile=code_map.name, networks=networks)
    return lambda scenario: play_with_retries(plan_world(scenario), client, code_map, run_options)
