"""The matrix of a run: one row a scenario, one column a client, and what became of them in the cells."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mailfault.events import Ending, RunEvent, RunFinished, RunStarted, ScenarioFinished
from mailfault.reports.matrix.confusion import Confusion, confusion_of

MATRIX_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Column:
    """A client."""

    client: str
    """Its --client string."""
    name: str
    """As a person knows it: "postfix (Postfix 3.7.11)"."""
    endings: dict[Ending, int]
    """How many scenarios ended how, best first; endings that did not occur are absent."""
    confusion: Confusion


@dataclass(frozen=True, slots=True)
class Cell:
    """What became of one client in one scenario."""

    ending: Ending
    sentence: str
    said: str
    coarser: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A scenario."""

    id: str
    title: str
    expected: str
    cells: tuple[Cell | None, ...]
    """One for each column; None where the run was interrupted before."""

    @property
    def differs(self) -> bool:
        """Whether clients that can do this at all ended in different ways here."""
        endings = {cell.ending for cell in self.cells if cell is not None}
        return len(endings - {Ending.UNSUPPORTED}) > 1


@dataclass(frozen=True, slots=True)
class Matrix:
    """Clients and scenarios, both in the order of the run and of the ids."""

    mailfault: str
    profile: str
    started_at: str
    interrupted: bool
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    def to_json(self) -> dict[str, Any]:
        """As the file that `--matrix FILE.json` writes: plain dicts and lists."""
        return {
            "matrix_format": MATRIX_FORMAT,
            "mailfault": self.mailfault,
            "profile": self.profile,
            "started_at": self.started_at,
            "interrupted": self.interrupted,
            "clients": [
                {
                    "client": one.client,
                    "name": one.name,
                    "endings": one.endings,
                    "confusion": one.confusion.to_json(),
                }
                for one in self.columns
            ],
            "scenarios": [
                {
                    "id": row.id,
                    "title": row.title,
                    "expected": row.expected,
                    "endings": {
                        column.client: cell.ending if cell is not None else None
                        for column, cell in zip(self.columns, row.cells, strict=True)
                    },
                }
                for row in self.rows
            ],
        }


def matrix_of(events: Iterable[RunEvent]) -> Matrix:
    """The matrix of one run, from its events in any order."""
    started: RunStarted | None = None
    interrupted = True
    finished: dict[tuple[str, str], ScenarioFinished] = {}
    for event in events:
        match event:
            case RunStarted():
                started = event
            case ScenarioFinished():
                finished[event.id, event.client] = event
            case RunFinished():
                interrupted = event.interrupted
    named = dict(zip(started.clients, started.client_names, strict=False)) if started is not None else {}
    clients = tuple(dict.fromkeys((*named, *(client for _, client in finished))))
    ids = sorted({identity for identity, _ in finished})
    return Matrix(
        mailfault=started.mailfault if started is not None else "",
        profile=started.profile if started is not None else "",
        started_at=started.started_at if started is not None else "",
        interrupted=interrupted,
        columns=tuple(
            _column(client, named.get(client, client), [one for one in finished.values() if one.client == client])
            for client in clients
        ),
        rows=tuple(_row([finished.get((identity, client)) for client in clients]) for identity in ids),
    )


def _column(client: str, name: str, its: list[ScenarioFinished]) -> Column:
    counted = Counter(one.ending for one in its)
    endings = {ending: counted[ending] for ending in Ending if counted[ending]}
    return Column(client, name, endings, confusion_of(sorted(its, key=lambda one: one.id)))


def _row(its: list[ScenarioFinished | None]) -> Row:
    told = [one for one in its if one is not None]
    cells = tuple(Cell(one.ending, one.sentence, one.said, one.coarser) if one is not None else None for one in its)
    expected = next((one.expected for one in told if one.expected), "")
    return Row(told[0].id, told[0].title, expected, cells)
