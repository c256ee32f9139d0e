"""`mailfault check-client`: is the client plugged in rightly?"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from mailfault.cli import options
from mailfault.cli import selection as chosen

if TYPE_CHECKING:
    from mailfault.clients.client import Client
    from mailfault.codes.profile import Profile
    from mailfault.play.placement import Networks
    from mailfault.play.result import ScenarioResult
    from mailfault.scenario.model import Scenario

ADAPTER_FALLS_SHORT = 1


def check_client(
    client: options.ClientString = None,
    client_profile: options.ClientProfileFile = None,
    profile: options.ProfileName = None,
    sandbox: options.Sandbox = None,
) -> None:
    """Check that a client is plugged in rightly.

    Tries a good delivery, one fault of each class, and targets that it must refuse. Whether the client names a
    fault rightly is not asked here; `mailfault run` asks that.
    """
    from mailfault.clients.check import check_client as check

    defaults = chosen.settings()
    spelling = chosen.profile_named(profile or defaults.profile or chosen.DEFAULT_PROFILE)
    networks = chosen.networks(sandbox, defaults)
    with chosen.opened_clients([client] if client else None, client_profile, defaults) as opened:
        short = 0
        for one in opened:
            typer.echo(f"{one.name} (--client {one.spec})\n")
            checks = check(one, play=_player(one, spelling, networks))
            for number, done in enumerate(checks, start=1):
                typer.echo(f"  {number:>2}  {'ok  ' if done.ok else 'FAIL'}  {done.title}: {done.detail}")
            short += sum(not done.ok for done in checks)
    if short:
        typer.echo(f"\n{short} of these checks failed: mend the adapter before you believe any verdict")
        raise typer.Exit(ADAPTER_FALLS_SHORT)
    typer.echo("\nThe adapter works: what `mailfault run` says of this client is about the client.")


def _player(client: "Client", profile: "Profile", networks: "Networks") -> "Callable[[Scenario], ScenarioResult]":
    from mailfault.play.options import RunOptions
    from mailfault.play.retry import play_with_retries
    from mailfault.world.plan import plan_world

    run_options = RunOptions(profile=profile.name, networks=networks)
    return lambda scenario: play_with_retries(plan_world(scenario), client, profile, run_options)
