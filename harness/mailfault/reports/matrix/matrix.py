"""The matrix of a run: a row for each scenario, a column for each client, and its ending in the cell."""

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
    """The client's full name: "postfix (Postfix 3.7.11)"."""
    endings: dict[Ending, int]
    """Number of scenarios with each ending, best first, without zeros."""
    confusion: Confusion


@dataclass(frozen=True, slots=True)
class Cell:
    """The result of one client in one scenario."""

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
    """One for each column; None if the run was interrupted before it."""

    @property
    def differs(self) -> bool:
        """True if the clients that support this scenario ended differently."""
        endings = {cell.ending for cell in self.cells if cell is not None}
        return len(endings - {Ending.UNSUPPORTED}) > 1


@dataclass(frozen=True, slots=True)
class Matrix:
    """Clients in the order of the run, and scenarios in the order of their ids."""

    mailfault: str
    profile: str
    """Name of the code map."""
    started_at: str
    interrupted: bool
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain dicts and lists, as `--matrix FILE.json` writes them."""
        return {
            "matrix_format": MATRIX_FORMAT,
            "mailfault": self.mailfault,
            "profile": self.profile,
            "started_at": self.started_at,
            "interrupted": self.interrupted,
            "clients": [
                {
                    "client": column.client,
                    "name": column.name,
                    "endings": column.endings,
                    "confusion": column.confusion.to_json(),
                }
                for column in self.columns
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
    """Return the matrix of one run, from its events in any order."""
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
    names = dict(zip(started.clients, started.client_names, strict=False)) if started is not None else {}
    clients = tuple(dict.fromkeys((*names, *(client for _, client in finished))))
    ids = sorted({identity for identity, _ in finished})
    return Matrix(
        mailfault=started.mailfault if started is not None else "",
        profile=started.profile if started is not None else "",
        started_at=started.started_at if started is not None else "",
        interrupted=interrupted,
        columns=tuple(
            _column(client, names.get(client, client), [event for event in finished.values() if event.client == client])
            for client in clients
        ),
        rows=tuple(_row([finished.get((identity, client)) for client in clients]) for identity in ids),
    )


def _column(client: str, name: str, finished: list[ScenarioFinished]) -> Column:
    counts = Counter(event.ending for event in finished)
    endings = {ending: counts[ending] for ending in Ending if counts[ending]}
    return Column(client, name, endings, confusion_of(sorted(finished, key=lambda event: event.id)))


def _row(finished: list[ScenarioFinished | None]) -> Row:
    known = [event for event in finished if event is not None]
    cells = tuple(
        Cell(event.ending, event.sentence, event.said, event.coarser) if event is not None else None
        for event in finished
    )
    expected = next((event.expected for event in known if event.expected), "")
    return Row(known[0].id, known[0].title, expected, cells)
