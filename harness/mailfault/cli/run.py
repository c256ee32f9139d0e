"""`mailfault run`: run scenarios with clients, and judge them."""

import contextlib
import dataclasses
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mailfault.cli import options, selection
from mailfault.cli.interruption import Interrupted, Interruptible
from mailfault.cli.usage_error import BROKEN, reason, refuse

if TYPE_CHECKING:
    from mailfault.events import RunEvent
    from mailfault.reports.report import Report
    from mailfault.world.proxies.control import Proxies


def run(
    select: options.Select = None,
    client: options.ClientStrings = None,
    client_profile: options.ClientProfileFile = None,
    python: options.Python = None,
    in_process: options.InProcess = False,
    profile: options.ProfileName = None,
    jobs: options.Jobs = None,
    record: options.RecordFile = None,
    junit: options.JUnitPath = None,
    matrix: options.MatrixPaths = None,
    json: options.AsJson = False,
    scenarios: options.ScenariosFolder = None,
    deadline: options.Deadline = None,
    part: options.Part = None,
    toxiproxy: options.ToxiproxyServer = None,
    sandbox: options.Sandbox = None,
    pcap: options.PcapFolder = None,
    no_control: options.NoControl = False,
) -> None:
    """Run scenarios with clients, and judge the answers.

    Each shortfall is shown with the events, the answer of the client, the dialogue, its meaning, and the command that
    repeats it.
    """
    from mailfault.cli.reports import open_reports
    from mailfault.cli.version import version
    from mailfault.play.options import RunOptions
    from mailfault.play.run import run as run_scenarios

    defaults = selection.settings()
    code_map = selection.code_map_named(profile or defaults.profile or selection.DEFAULT_PROFILE)
    found = selection.select_scenarios(select, selection.root_folder(scenarios, defaults))
    if part is not None:
        found = _shard(found, part)
    plan = RunOptions(
        profile=code_map.name,
        jobs=jobs or defaults.jobs,
        deadline_s=deadline,
        control=not no_control,
        networks=selection.networks(sandbox, defaults),
        captures=_make_capture_folder(pcap),
        repeat_with=_repeat_with(
            found, selection.root_folder(None, defaults), profile, client_profile, sandbox, in_process=in_process
        ),
    )
    with _exit_if_output_lost(), contextlib.ExitStack() as held:
        reports = open_reports(held, record=record, junit=junit, matrices=matrix or [], json=json)
        clients = held.enter_context(selection.opened_clients(client, client_profile, defaults, python, in_process))
        selection.check_network(plan.networks, clients)
        plan = dataclasses.replace(plan, proxies=_proxies(held, toxiproxy))
        events = run_scenarios([located.scenario for located in found], clients, plan, version=version())
        raise typer.Exit(_report(events, reports))


@contextlib.contextmanager
def _exit_if_output_lost() -> Iterator[None]:
    """Exit 3 if the disk is full or stdout is closed: the run proves nothing."""
    from mailfault.reports.output_file import OutputLost

    try:
        yield
    except OutputLost as error:
        typer.echo(f"mailfault: {error}; the run was stopped", err=True)
        raise typer.Exit(BROKEN) from None
    except BrokenPipeError:
        # Python flushes stdout once more when the process ends, which would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(BROKEN) from None


def _repeat_with(
    found: tuple[selection.Located, ...],
    default_root: Path,
    profile: str | None,
    client_profile: Path | None,
    sandbox: str | None,
    *,
    in_process: bool,
) -> dict[str, tuple[str, ...]]:
    """Return the options for the command that repeats a scenario, by its id: those of this command line."""
    shared = [f"--profile={profile}"] if profile is not None else []
    shared += [f"--client-profile={client_profile}"] if client_profile is not None else []
    shared += [f"--sandbox={sandbox}"] if sandbox is not None else []
    shared += ["--in-process"] if in_process else []
    return {
        located.scenario.id: (
            *([] if located.root.samefile(default_root) else [f"--scenarios={located.root}"]),
            *shared,
        )
        for located in found
    }


def _make_capture_folder(folder: Path | None) -> Path | None:
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            refuse(f"--pcap {folder} cannot be created: {reason(error)}; nothing was run")
    return folder


def _proxies(held: contextlib.ExitStack, engine: str | None) -> "Proxies | None":
    if engine is None:
        return None
    from mailfault.world.proxies.control import ProxyTrouble
    from mailfault.world.proxies.engines import proxies_of

    try:
        return held.enter_context(proxies_of(engine))
    except ProxyTrouble as error:
        refuse(f"--toxiproxy: {error}")


def _shard(found: tuple[selection.Located, ...], part: str) -> tuple[selection.Located, ...]:
    from mailfault.cli.shard import read_shard, shard

    try:
        return shard(found, *read_shard(part))
    except ValueError as error:
        refuse(error)


def _report(events: "Iterator[RunEvent]", reports: "Sequence[Report]") -> int:
    """Send every event to every report. Returns the exit status of the run, or of an interruption."""
    from mailfault.events import Ending, RunFinished, ScenarioFinished

    endings: Counter[str] = Counter()
    began_s = time.monotonic()
    status = 0
    guarded = Interruptible(events)
    try:
        for event in guarded:
            if isinstance(event, ScenarioFinished):
                endings[event.ending] += 1
            elif isinstance(event, RunFinished):
                status = event.exit_status
            for report in reports:
                report.take(event)
    except Interrupted as interrupted:
        status = interrupted.exit_status
        duration_s = round(time.monotonic() - began_s, 3)
        ranked = {str(ending): endings[ending] for ending in Ending if endings[ending]}
        last = RunFinished(endings=ranked, duration_s=duration_s, exit_status=status, interrupted=True)
        for report in reports:
            report.take(last)
    finally:
        guarded.close()
    return status
