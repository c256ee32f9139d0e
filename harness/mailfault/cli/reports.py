"""The reports of `mailfault run`, opened from its options."""

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mailfault.cli.usage_error import reason, refuse

if TYPE_CHECKING:
    from mailfault.reports.output_file import OutputFile
    from mailfault.reports.report import Report


def open_reports(
    held: contextlib.ExitStack, *, record: Path | None, junit: Path | None, matrices: list[Path], json: bool
) -> "tuple[Report, ...]":
    """Open every report that the command line names. Files come first, so that they are written before stdout."""
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
            refuse(f"--matrix {path}: the name must end in {', '.join(WRITERS)}; nothing was run")
        others = [other for other, file in named if file.resolve() == path.resolve()]
        if len(others) > 1:
            refuse(f"{' and '.join(sorted(others))} both name {path}; each needs its own file")


def _open_file(held: contextlib.ExitStack, option: str, path: Path) -> "OutputFile":
    from mailfault.reports.output_file import OutputFile

    try:
        return held.enter_context(OutputFile(path))
    except OSError as error:
        refuse(f"{option} {path} cannot be written: {reason(error)}; nothing was run")
