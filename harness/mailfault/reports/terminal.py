"""What a person sees of a run: progress (on a terminal only), then a line a scenario and a block a shortfall."""

import os
import re
from collections import Counter
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from mailfault.events import Ending, RunEvent, RunFinished, RunStarted, ScenarioFinished, ScenarioStarted
from mailfault.reports.matrix.lines import confusion_lines, sum_lines, table_lines
from mailfault.reports.matrix.matrix import matrix_of
from mailfault.reports.printable import printable
from mailfault.reports.report import in_order
from mailfault.reports.shortfall import laid_out, sections

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
"""Columns of running text where nobody's terminal says otherwise."""
_NAMED_CLIENTS = 3
"""Of more clients the head of the report has the number; their names stand with what they did."""
_CODE = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")


class _Console(Console):
    """rich would end the process with status 1, which says that the client fell short."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console_of(stream: IO[str]) -> Console:
    """A console that writes colour to a terminal only, and none where NO_COLOR is set (https://no-color.org)."""
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
    """Tells a run to a person."""

    def __init__(self, stream: IO[str]) -> None:
        self._console = console_of(stream)
        self._started: RunStarted | None = None
        self._finished: list[ScenarioFinished] = []
        self._under_way: dict[tuple[str, str], None] = {}
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def take(self, event: RunEvent) -> None:
        match event:
            case RunStarted():
                self._started = event
                self._print(Text(self._header(event)))
                self._start_progress(event)
            case ScenarioStarted():
                self._under_way[event.id, event.client] = None
                self._show_progress()
            case ScenarioFinished():
                self._finished.append(event)
                self._under_way.pop((event.id, event.client), None)
                self._show_progress()
            case RunFinished():
                self._stop_progress()
                self._tell(event)

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
        short = [one for one in self._finished if one.ending.is_shortfall]
        oldest = next(iter(self._under_way), ("", ""))[0]
        told = " · ".join(filter(None, (_summary(Counter(one.ending for one in short)), oldest)))
        self._progress.update(self._task, completed=len(self._finished), description=printable(told))

    def _stop_progress(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    # -- afterwards ---------------------------------------------------------------------------------------------

    def _header(self, event: RunStarted) -> str:
        number = f"{event.scenarios} scenario{'s' if event.scenarios != 1 else ''}"
        names = event.client_names
        clients = ", ".join(names) if len(names) <= _NAMED_CLIENTS else f"{len(names)} clients"
        parts = (f"mailfault {event.mailfault}", clients, f"profile {event.profile}", number)
        return printable(" · ".join((*parts, f"network: {event.network}")))

    def _tell(self, event: RunFinished) -> None:
        clients = self._started.clients if self._started is not None else ()
        ordered = in_order(self._finished, clients)
        id_width = max((len(one.id) for one in ordered), default=0)
        self._print(Text(""))
        if len(clients) < 2:
            for one in ordered:
                self._print(_row(one, id_width))
        else:
            self._tell_matrix(event)
        if ordered:
            self._print(Text(""))
        self._tell_reasons(ordered)
        self._tell_sum(event, id_width)
        for one in ordered:
            if one.ending.is_shortfall:
                self._tell_shortfall(one, with_client=len(clients) > 1)

    def _tell_matrix(self, event: RunFinished) -> None:
        """Several clients side by side, what each takes for what, and how each fared."""
        started = (self._started,) if self._started is not None else ()
        matrix = matrix_of((*started, *self._finished, event))
        for pieces in table_lines(matrix, self._console.width if self._console.is_terminal else None):
            self._print(Text.assemble(*((words, STYLES.get(ending, "")) for words, ending in pieces)))
        for lines in (confusion_lines(matrix), sum_lines(matrix)):
            for number, line in enumerate(lines):
                self._print(Text(line if number else f"\n{line}"))

    def _tell_reasons(self, ordered: list[ScenarioFinished]) -> None:
        """What was accepted for a reason, and what the client declares that it cannot do: each reason once."""
        reasons: dict[tuple[str, str], list[str]] = {}
        for one in ordered:
            if one.ending in (Ending.TOLERATED, Ending.UNSUPPORTED):
                reasons.setdefault((one.ending, one.sentence), []).append(one.id)
        for (ending, sentence), ids in reasons.items():
            whose = ids[0] if len(ids) == 1 else f"{len(ids)} scenarios"
            self._print(Text.assemble((ending, STYLES[ending]), f" ({whose}): {printable(sentence)}"))
        merged: dict[tuple[str, str], int] = Counter(
            (one.client, " = ".join(sorted((one.due, *one.coarser)))) for one in ordered if one.coarser
        )
        for (client, failures), number in merged.items():
            whose = f"{number} scenario{'s' if number != 1 else ''}"
            self._print(Text(f"coarser than the article ({whose}): {printable(client)} does not tell {failures} apart"))
        if reasons or merged:
            self._print(Text(""))

    def _tell_sum(self, event: RunFinished, id_width: int) -> None:
        summary = _summary(Counter(event.endings)) or "nothing was played"
        if event.interrupted:
            total = self._started.scenarios * len(self._started.clients) if self._started is not None else 0
            summary = f"interrupted after {len(self._finished)} of {total}: {summary}"
        took = f"in {event.duration_s:.1f} s"
        room = max(4 + id_width + _ENDING_WIDTH + _DETAIL_WIDTH + 8 - len(took), 0)
        self._print(Text(f"{summary:<{room}}  {took}"))
        if event.endings.get("broken"):
            self._print(Text("broken: the harness itself fell short, and nothing may be concluded from this run"))

    def _tell_shortfall(self, one: ScenarioFinished, *, with_client: bool) -> None:
        whose = f"  ({printable(one.client)})" if with_client else ""
        self._print(Text.assemble("\n", (one.ending, STYLES[one.ending]), f"  {printable(one.id)}{whose}"))
        width = min(self._console.width, 120) if self._console.is_terminal else _WIDTH
        for part in sections(one):
            for number, line in enumerate(laid_out(part, width=width)):
                text = Text(line)
                if number == 0:
                    text.stylize("dim", 0, 12)
                if part.label == "dialogue" and "<- " in line:
                    text.stylize("yellow", line.rindex("<- "))
                self._print(text)

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)


def _row(one: ScenarioFinished, id_width: int) -> Text:
    return Text.assemble(
        f"  {printable(one.id):<{id_width}}  ",
        (f"{one.ending:<{_ENDING_WIDTH}}", STYLES[one.ending]),
        f"  {_cropped(_detail(one)):<{_DETAIL_WIDTH}}",
        (f"{one.duration_s:>6.2f} s", "dim"),
    )


def _detail(one: ScenarioFinished) -> str:
    """The three voices in one line: where they agree once, where they part both."""
    if one.ending is Ending.PASSED:
        return one.happened
    if one.ending in (Ending.MISCLASSIFIED, Ending.TOLERATED):
        said, happened = _brief(one.said), _brief(one.happened)
        if said and happened and said != happened:
            return f"said {said}, happened {happened}"
    return one.sentence


def _brief(spelled: str) -> str:
    found = _CODE.search(spelled)
    return found[0] if found else spelled


def _cropped(text: str) -> str:
    line = printable(" ".join(text.split()))
    return line if len(line) <= _DETAIL_WIDTH else f"{line[: _DETAIL_WIDTH - 1]}…"


def _summary(endings: Counter[str]) -> str:
    return " · ".join(f"{endings[ending]} {ending}" for ending in Ending if endings[ending])
