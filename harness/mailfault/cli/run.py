"""`mailfault run`: take clients through scenarios."""

import contextlib
import dataclasses
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailfault.cli import options
from mailfault.cli import selection as chosen
from mailfault.cli.interruption import Interrupted, Interruptible
from mailfault.cli.shard import read_shard, shard
from mailfault.cli.usage_error import BROKEN, reason, refuse
from mailfault.cli.version import version

if TYPE_CHECKING:
    from mailfault.events import RunEvent
    from mailfault.reports.output_file import OutputFile
    from mailfault.reports.report import Report
    from mailfault.world.proxies.control import Proxies


def run(
    select: options.Select = None,
    client: options.ClientStrings = None,
    client_profile: options.ClientProfileFile = None,
    profile: options.ProfileName = None,
    jobs: options.Jobs = None,
    record: options.RecordFile = None,
    junit: options.JUnitPath = None,
    matrix: options.MatrixPaths = None,
    json: options.AsJson = False,
    scenarios: options.ScenariosFolder = None,
    deadline: Annotated[
        float | None,
        typer.Option(min=0.1, metavar="SECONDS", show_default=False, help="How long one delivery may take."),
    ] = None,
    part: Annotated[
        str | None, typer.Option("--shard", metavar="N/M", show_default=False, help="Only part N of M: 2/5.")
    ] = None,
    toxiproxy: options.ToxiproxyServer = None,
    sandbox: options.Sandbox = None,
    pcap: options.PcapFolder = None,
    no_control: Annotated[
        bool, typer.Option("--no-control", help="Do not play each world without its faults first.")
    ] = False,
) -> None:
    """Take clients through scenarios and judge what they say.

    For each shortfall it shows what happened, what the client said, the dialogue, what it means, and how to repeat it.
    """
    from mailfault.play.options import RunOptions
    from mailfault.play.run import run as play

    defaults = chosen.settings()
    spelling = chosen.profile_named(profile or defaults.profile or chosen.DEFAULT_PROFILE)
    stories = chosen.choose(select, chosen.root_folder(scenarios, defaults))
    if part is not None:
        stories = _shard(stories, part)
    plan = RunOptions(
        profile=spelling.name,
        jobs=jobs or defaults.jobs,
        deadline_s=deadline,
        control=not no_control,
        networks=chosen.networks(sandbox, defaults),
        captures=_folder_for_captures(pcap),
        repeat_with=_repeat_with(stories, chosen.root_folder(None, defaults), profile, client_profile, sandbox),
    )
    with _told_if_lost(), contextlib.ExitStack() as held:
        reports = _open_reports(held, record=record, junit=junit, matrices=matrix or [], json=json)
        clients = held.enter_context(chosen.opened_clients(client, client_profile, defaults))
        chosen.check_network(plan.networks, clients)
        plan = dataclasses.replace(plan, proxies=_proxies(held, toxiproxy))
        events = play([one.scenario for one in stories], clients, plan, version=version())
        raise typer.Exit(_tell(events, reports))


@contextlib.contextmanager
def _told_if_lost() -> Iterator[None]:
    """A disk that is full, or a reader of our output who is gone, breaks the run off: status 3, for nothing follows."""
    from mailfault.reports.output_file import OutputLost

    try:
        yield
    except OutputLost as error:
        typer.echo(f"mailfault: {error}; the run was broken off", err=True)
        raise typer.Exit(BROKEN) from None
    except BrokenPipeError:
        # What Python still holds for stdout would fail once more when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(BROKEN) from None


def _repeat_with(
    stories: tuple[chosen.Chosen, ...],
    usual: Path,
    profile: str | None,
    client_profile: Path | None,
    sandbox: str | None,
) -> dict[str, tuple[str, ...]]:
    """What has to stand on the command line that repeats one scenario, because it stands on this one."""
    shared = [f"--profile={profile}"] if profile is not None else []
    shared += [f"--client-profile={client_profile}"] if client_profile is not None else []
    shared += [f"--sandbox={sandbox}"] if sandbox is not None else []
    return {
        one.scenario.id: (*([] if one.root.samefile(usual) else [f"--scenarios={one.root}"]), *shared)
        for one in stories
    }


def _folder_for_captures(folder: Path | None) -> Path | None:
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            refuse(f"--pcap {folder} cannot be made: {reason(error)}; nothing was run")
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


def _shard(stories: tuple[chosen.Chosen, ...], part: str) -> tuple[chosen.Chosen, ...]:
    try:
        return shard(stories, *read_shard(part))
    except ValueError as error:
        refuse(error)


def _open_reports(
    held: contextlib.ExitStack, *, record: Path | None, junit: Path | None, matrices: list[Path], json: bool
) -> "tuple[Report, ...]":
    """Every report that was asked for; files first, so that what is kept is written before anything can break."""
    from mailfault.reports.junit import JUnitFile
    from mailfault.reports.matrix.file import MatrixFile
    from mailfault.reports.record import RunRecord
    from mailfault.reports.terminal import TerminalReport

    named: list[tuple[str, Path]] = [("--matrix", path) for path in matrices]
    named += [("--record", record)] if record is not None else []
    named += [("--junit", junit)] if junit is not None else []
    _check_files(named)
    reports: list[Report] = []
    if record is not None:
        reports.append(RunRecord(_open_file(held, "--record", record)))
    if junit is not None:
        reports.append(JUnitFile(_open_file(held, "--junit", junit)))
    reports += [MatrixFile(_open_file(held, "--matrix", path)) for path in matrices]
    if json:
        reports.append(RunRecord(sys.stdout))
    reports.append(TerminalReport(sys.stderr if json else sys.stdout))
    for report in reports:
        held.callback(report.close)
    return tuple(reports)


def _check_files(named: list[tuple[str, Path]]) -> None:
    from mailfault.reports.matrix.file import WRITERS

    for option, path in named:
        if option == "--matrix" and path.suffix.lower() not in WRITERS:
            refuse(f"--matrix {path}: the name has to end in {', '.join(WRITERS)}; nothing was run")
        others = [other for other, its in named if its.resolve() == path.resolve()]
        if len(others) > 1:
            refuse(f"{' and '.join(sorted(others))} both name {path}; each needs a file of its own")


def _open_file(held: contextlib.ExitStack, option: str, path: Path) -> "OutputFile":
    from mailfault.reports.output_file import OutputFile

    try:
        return held.enter_context(OutputFile(path))
    except OSError as error:
        refuse(f"{option} {path} cannot be written: {reason(error)}; nothing was run")


def _tell(events: "Iterator[RunEvent]", reports: "Sequence[Report]") -> int:
    """Hand every event to every report. Returns the exit status: the run's own, or that of an interruption."""
    from mailfault.events import RunFinished, ScenarioFinished
    from mailfault.judging.verdict import Ending

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
        ranked = {str(one): endings[one] for one in Ending if endings[one]}
        last = RunFinished(endings=ranked, duration_s=duration_s, exit_status=status, interrupted=True)
        for report in reports:
            report.take(last)
    finally:
        guarded.close()
    return status
