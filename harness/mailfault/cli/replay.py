"""`mailfault replay`: run a recorded scenario again, from the record alone."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailfault.cli import options, selection
from mailfault.cli.usage_error import BROKEN, reason, refuse

if TYPE_CHECKING:
    from mailfault.events import RunStarted, ScenarioFinished
    from mailfault.scenario.model import Scenario

DIFFERS = 1
_VOICES = ("ending", "sentence", "expected", "happened", "said")


def replay(
    record: Annotated[Path, typer.Argument(metavar="RECORD", help="A run record, from `mailfault run --record`.")],
    identity: Annotated[str, typer.Argument(metavar="ID", help="The scenario to run again.")],
    client: options.ClientString = None,
    client_profile: options.ClientProfileFile = None,
    sandbox: options.Sandbox = None,
) -> None:
    """Run a recorded scenario again and compare.

    Exit status: 0 if verdict and journal are the same, 1 if they differ.
    """
    from mailfault.play.options import RunOptions
    from mailfault.play.run import run_scenario
    from mailfault.reports.shortfall import shortfall

    started, before = _recorded(record, identity, client)
    scenario = _scenario(record, before)
    profile = selection.code_map_named(started.profile if started is not None else selection.DEFAULT_PROFILE)
    defaults = selection.settings()
    plan = RunOptions(profile=profile.name, networks=selection.networks(sandbox, defaults))
    with selection.opened_clients([client or before.client], client_profile, defaults) as (opened,):
        now = run_scenario(scenario, opened, plan)
    typer.echo(f"{now.ending}  {now.id}: {now.sentence}")
    if now.ending == "broken":
        raise typer.Exit(BROKEN)
    differences = (*_other_verdict(before, now), *_other_journal(before.journal, now.journal))
    if not differences:
        typer.echo(f"verdict and journal are the same as in {record}")
        return
    typer.echo(f"different from {record}:")
    for line in differences:
        typer.echo(f"  {line}")
    typer.echo(f"\n{shortfall(now)}")
    raise typer.Exit(DIFFERS)


def _recorded(record: Path, identity: str, client: str | None) -> "tuple[RunStarted | None, ScenarioFinished]":
    """Return the start of the recorded run, and the scenario with `client` or with the only client."""
    from mailfault.events import BadRecord, RunStarted, ScenarioFinished, from_lines

    started: RunStarted | None = None
    found: list[ScenarioFinished] = []
    ids: list[str] = []
    try:
        with record.open(encoding="utf-8", newline="\n") as lines:
            for event in from_lines(lines):
                if isinstance(event, RunStarted):
                    started = event
                elif isinstance(event, ScenarioFinished):
                    ids.append(event.id)
                    found += [event] if event.id == identity else []
    except OSError as error:
        refuse(f"{record} cannot be read: {reason(error)}")
    except (BadRecord, UnicodeDecodeError) as error:
        if not found:  # a record whose last line was cut off is still good up to there
            refuse(f"{record}: {error}")
    if not found:
        refuse(f"{record} has no scenario {identity!r}; {_hint(identity, ids)}")
    clients = list(dict.fromkeys(event.client for event in found))
    if client is None and len(clients) > 1:
        refuse(f"{record} has {identity!r} with several clients: choose --client {' or --client '.join(clients)}")
    return started, next((event for event in found if event.client == client), found[0])


def _hint(identity: str, ids: Sequence[str]) -> str:
    import difflib

    near = difflib.get_close_matches(identity, ids, n=3, cutoff=0.4)
    return f"did you mean {' or '.join(dict.fromkeys(near))}?" if near else f"it has {len(ids)} others"


def _scenario(record: Path, before: "ScenarioFinished") -> "Scenario":
    from mailfault.scenario.model import Scenario

    try:
        return Scenario.model_validate(before.scenario)
    except ValueError as error:
        refuse(f"{record}: this version of mailfault cannot run its scenario {before.id!r}: {error}")


def _other_verdict(before: "ScenarioFinished", now: "ScenarioFinished") -> list[str]:
    pairs = [(voice, getattr(before, voice), getattr(now, voice)) for voice in _VOICES]
    return [f"{voice}: was {str(was)!r}, is {str(is_now)!r}" for voice, was, is_now in pairs if was != is_now]


def _other_journal(before: Sequence[dict[str, Any]], now: Sequence[dict[str, Any]]) -> list[str]:
    import difflib

    was, is_now = (_normalised(journal) for journal in (before, now))
    changes = [
        line for line in difflib.unified_diff(was, is_now, lineterm="", n=0) if line[:2] not in ("--", "++", "@@")
    ]
    return [f"journal: {line}" for line in changes]


def _normalised(journal: Sequence[dict[str, Any]]) -> list[str]:
    from mailfault_servers.journal import Entry
    from mailfault_servers.normal_form import normalised

    entries = tuple(Entry.from_json(json.loads(json.dumps(entry))) for entry in journal)
    return [json.dumps(entry, sort_keys=True) for entry in normalised(entries)]
