"""The terminal report: progress (on a terminal only), then a line for each scenario and a block for each shortfall."""

import os
import re
from collections import Counter
from collections.abc import Mapping
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from mailfault.events import Ending, RunEvent, RunFinished, RunStarted, ScenarioFinished, ScenarioStarted
from mailfault.reports.matrix.lines import confusion_lines, sum_lines, table_lines
from mailfault.reports.matrix.matrix import matrix_of
from mailfault.reports.printable import printable
from mailfault.reports.report import in_order
from mailfault.reports.shortfall import section_lines, sections

STYLES: dict[str, str] = {
    Ending.PASSED: "green",
    Ending.TOLERATED: "green",
    Ending.UNSUPPORTED: "dim",
    Ending.NOT_REACHED: "yellow",
    Ending.MISCLASSIFIED: "red",
    Ending.UNSAFE: "bold red",
    Ending.CRASHED: "red",
    Ending.HUNG: "red",
    Ending.BROKEN: "bold magenta",
}
_ENDING_WIDTH = 13
_DETAIL_WIDTH = 42
_WIDTH = 110
"""Columns of prose if the output is no terminal."""
_NAMED_CLIENTS = 3
"""With more clients the header gives their number; their names stand beside their results."""
_CODE = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")


class _Console(Console):
    """A console that raises BrokenPipeError. rich would exit with status 1, which reports a shortfall."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console_of(stream: IO[str]) -> Console:
    """Return a console that colours a terminal only, and nothing if NO_COLOR is set (https://no-color.org)."""
    is_terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
    plain = bool(os.environ.get("NO_COLOR")) or not is_terminal
    return _Console(
        file=stream,
        force_terminal=is_terminal,
        color_system=None if plain else "auto",
        no_color=plain,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=True,
    )


class TerminalReport:
    """Prints a run for a person."""

    def __init__(self, stream: IO[str]) -> None:
        self._console = console_of(stream)
        self._started: RunStarted | None = None
        self._finished: list[ScenarioFinished] = []
        self._running: dict[tuple[str, str], None] = {}
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def take(self, event: RunEvent) -> None:
        match event:
            case RunStarted():
                self._started = event
                self._print(Text(self._header(event)))
                self._start_progress(event)
            case ScenarioStarted():
                self._running[event.id, event.client] = None
                self._show_progress()
            case ScenarioFinished():
                self._finished.append(event)
                self._running.pop((event.id, event.client), None)
                self._show_progress()
            case RunFinished():
                self._stop_progress()
                self._print_results(event)

    def close(self) -> None:
        self._stop_progress()

    # -- while it runs ------------------------------------------------------------------------------------------

    def _start_progress(self, event: RunStarted) -> None:
        if not self._console.is_terminal:
            return
        self._progress = Progress(
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=self._console,
            transient=True,
        )
        self._task = self._progress.add_task("", total=event.scenarios * len(event.clients))
        self._progress.start()

    def _show_progress(self) -> None:
        if self._progress is None or self._task is None:
            return
        shortfalls = Counter(event.ending for event in self._finished if event.ending.is_shortfall)
        oldest = next(iter(self._running), ("", ""))[0]
        description = " · ".join(filter(None, (_summary(shortfalls), oldest)))
        self._progress.update(self._task, completed=len(self._finished), description=printable(description))

    def _stop_progress(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    # -- afterwards ---------------------------------------------------------------------------------------------

    def _header(self, event: RunStarted) -> str:
        number = f"{event.scenarios} scenario{'s' if event.scenarios != 1 else ''}"
        names = event.client_names
        clients = ", ".join(names) if len(names) <= _NAMED_CLIENTS else f"{len(names)} clients"
        parts = (f"mailfault {event.mailfault}", clients, f"code map {event.profile}", number)
        return printable(" · ".join((*parts, f"network: {event.network}")))

    def _print_results(self, event: RunFinished) -> None:
        clients = self._started.clients if self._started is not None else ()
        ordered = in_order(self._finished, clients)
        id_width = max((len(finished.id) for finished in ordered), default=0)
        self._print(Text(""))
        if len(clients) < 2:
            for finished in ordered:
                self._print(_row(finished, id_width))
        else:
            self._print_matrix(event)
        if ordered:
            self._print(Text(""))
        self._print_reasons(ordered)
        self._print_sum(event, id_width)
        for finished in ordered:
            if finished.ending.is_shortfall:
                self._print_shortfall(finished, with_client=len(clients) > 1)

    def _print_matrix(self, event: RunFinished) -> None:
        """Print several clients side by side, the confusions of each, and their sums."""
        started = (self._started,) if self._started is not None else ()
        matrix = matrix_of((*started, *self._finished, event))
        for pieces in table_lines(matrix, self._console.width if self._console.is_terminal else None):
            self._print(Text.assemble(*((words, STYLES.get(ending, "")) for words, ending in pieces)))
        for lines in (confusion_lines(matrix), sum_lines(matrix)):
            for number, line in enumerate(lines):
                self._print(Text(line if number else f"\n{line}"))

    def _print_reasons(self, ordered: list[ScenarioFinished]) -> None:
        """Print each reason once for which something was tolerated or is unsupported, then the merged failures."""
        reasons: dict[tuple[str, str], list[str]] = {}
        for finished in ordered:
            if finished.ending in (Ending.TOLERATED, Ending.UNSUPPORTED):
                reasons.setdefault((finished.ending, finished.sentence), []).append(finished.id)
        for (ending, sentence), ids in reasons.items():
            scenarios = ids[0] if len(ids) == 1 else f"{len(ids)} scenarios"
            self._print(Text.assemble((ending, STYLES[ending]), f" ({scenarios}): {printable(sentence)}"))
        merged: dict[tuple[str, str], int] = Counter(
            (finished.client, " = ".join(sorted((finished.due, *finished.coarser))))
            for finished in ordered
            if finished.coarser
        )
        for (client, failures), number in merged.items():
            scenarios = f"{number} scenario{'s' if number != 1 else ''}"
            merges = f"{printable(client)} does not distinguish {failures}"
            self._print(Text(f"coarser than the article ({scenarios}): {merges}"))
        if reasons or merged:
            self._print(Text(""))

    def _print_sum(self, event: RunFinished, id_width: int) -> None:
        summary = _summary(event.endings) or "nothing was run"
        if event.interrupted:
            total = self._started.scenarios * len(self._started.clients) if self._started is not None else 0
            summary = f"interrupted after {len(self._finished)} of {total}: {summary}"
        took = f"in {event.duration_s:.1f} s"
        room = max(4 + id_width + _ENDING_WIDTH + _DETAIL_WIDTH + 8 - len(took), 0)
        self._print(Text(f"{summary:<{room}}  {took}"))
        if event.endings.get("broken"):
            self._print(
                Text(
                    "broken: mailfault itself, or a scenario, is at fault; nothing may be concluded from these verdicts"
                )
            )

    def _print_shortfall(self, finished: ScenarioFinished, *, with_client: bool) -> None:
        client = f"  ({printable(finished.client)})" if with_client else ""
        ending = (finished.ending, STYLES[finished.ending])
        self._print(Text.assemble("\n", ending, f"  {printable(finished.id)}{client}"))
        width = min(self._console.width, 120) if self._console.is_terminal else _WIDTH
        for part in sections(finished):
            for number, line in enumerate(section_lines(part, width=width)):
                text = Text(line)
                if number == 0:
                    text.stylize("dim", 0, 12)
                if part.label == "dialogue" and "<- " in line:
                    text.stylize("yellow", line.rindex("<- "))
                self._print(text)

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)


def _row(finished: ScenarioFinished, id_width: int) -> Text:
    return Text.assemble(
        f"  {printable(finished.id):<{id_width}}  ",
        (f"{finished.ending:<{_ENDING_WIDTH}}", STYLES[finished.ending]),
        f"  {_cropped(_detail(finished)):<{_DETAIL_WIDTH}}",
        (f"{finished.duration_s:>6.2f} s", "dim"),
    )


def _detail(finished: ScenarioFinished) -> str:
    """Return the result in a few words: the diagnosis, both voices if they differ, or the reason."""
    if finished.ending is Ending.PASSED:
        return finished.happened
    if finished.ending in (Ending.MISCLASSIFIED, Ending.TOLERATED):
        said, happened = _code_or_text(finished.said), _code_or_text(finished.happened)
        if said and happened and said != happened:
            return f"said {said}, happened {happened}"
    return finished.sentence


def _code_or_text(voice: str) -> str:
    found = _CODE.search(voice)
    return found[0] if found else voice


def _cropped(text: str) -> str:
    line = printable(" ".join(text.split()))
    return line if len(line) <= _DETAIL_WIDTH else f"{line[: _DETAIL_WIDTH - 1]}…"


def _summary(endings: Mapping[str, int] | Mapping[Ending, int]) -> str:
    """Return "2 passed · 1 hung", best first."""
    return " · ".join(f"{endings[ending]} {ending}" for ending in Ending if endings.get(ending))
