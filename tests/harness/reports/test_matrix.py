"""The matrix of several clients, and the failures that each confuses."""

import io
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from mailfault.events import Ending
from mailfault.reports.matrix.confusion import UNNAMED, confusion_of
from mailfault.reports.matrix.file import WRITERS, MatrixFile
from mailfault.reports.matrix.lines import LETTERS, confusion_lines, table_lines
from mailfault.reports.matrix.matrix import Matrix, matrix_of
from mailfault.reports.output_file import OutputFile
from mailfault.reports.terminal import STYLES, TerminalReport


@pytest.fixture
def events(make_started: Any, make_finished: Any, make_over: Any) -> list[Any]:
    """Two clients, three scenarios: one confuses, one merges, one cannot."""
    refused = {"id": "connect/refused", "due": "connection-refused"}
    gone = {"id": "dns/gone", "due": "dns-query-failed"}
    silent = {"id": "connect/silent", "due": "connection-timed-out"}
    merged = ("connection-refused", "connection-timed-out")
    return [
        make_started(clients=("a", "b"), client_names=("a 1.0", "b | <b>2.0</b>")),
        make_finished(client="b", ending="unsupported", **gone),
        make_finished(client="a", ending="passed", named=("connection-refused",), **refused),
        make_finished(client="b", ending="passed", named=merged, coarser=("connection-timed-out",), **refused),
        make_finished(client="a", ending="misclassified", named=("connection-refused",), **silent),
        make_finished(client="b", ending="hung", **silent),
        make_finished(client="a", ending="misclassified", named=(), **gone),
        make_over(endings={"passed": 2, "unsupported": 1, "misclassified": 2, "hung": 1}),
    ]


@pytest.fixture
def matrix(events: list[Any]) -> Matrix:
    return matrix_of(events)


def test_rows_are_scenarios_and_columns_clients(matrix: Matrix) -> None:
    assert [column.client for column in matrix.columns] == ["a", "b"]
    endings = {row.id: [cell.ending for cell in row.cells if cell] for row in matrix.rows}
    assert endings == {
        "connect/refused": ["passed", "passed"],
        "connect/silent": ["misclassified", "hung"],
        "dns/gone": ["misclassified", "unsupported"],
    }
    assert matrix.columns[0].endings == {"passed": 1, "misclassified": 2}


def test_a_client_without_support_does_not_differ(matrix: Matrix) -> None:
    assert [row.id for row in matrix.rows if row.differs] == ["connect/silent"]


def test_expected_by_reported(matrix: Matrix) -> None:
    of_a, of_b = (column.confusion for column in matrix.columns)
    assert of_a.ids == {
        ("connection-refused", "connection-refused"): ("connect/refused",),
        ("connection-timed-out", "connection-refused"): ("connect/silent",),
        ("dns-query-failed", UNNAMED): ("dns/gone",),
    }
    assert of_a.confused == (
        ("connection-timed-out", "connection-refused", 1),
        ("dns-query-failed", UNNAMED, 1),
    )
    assert of_b.named == (
        "connection-timed-out",
        "connection-refused",
        "connection-refused or connection-timed-out",
        "hung",
    )
    assert of_b.is_right("connection-refused", "connection-refused or connection-timed-out")
    assert ("dns-query-failed", UNNAMED) not in of_b.ids, "an unsupported scenario is not counted"


def test_an_accepted_failure_is_no_confusion(make_finished: Any) -> None:
    finished = make_finished(ending="tolerated", due="delivered", named=("connection-closed",))
    confusion = confusion_of([finished])
    assert confusion.count("delivered", "connection-closed") == 1
    assert not confusion.is_wrong("delivered", "connection-closed")
    assert confusion.confused == ()


def test_a_fault_that_was_not_reached_is_not_counted(make_finished: Any) -> None:
    assert confusion_of([make_finished(ending="not-reached", due="delivered", named=("delivered",))]).ids == {}


def test_a_client_that_was_not_played_has_empty_cells(events: list[Any]) -> None:
    matrix = matrix_of(events[:3])
    assert matrix.interrupted
    assert [[cell.ending if cell else None for cell in row.cells] for row in matrix.rows] == [
        ["passed", None],
        [None, "unsupported"],
    ]


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            assert name not in ("src", "href"), f"the page fetches {value}"

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_needs_nothing_else_and_escapes_what_clients_say(matrix: Matrix) -> None:
    page = _Page()
    page.feed(WRITERS[".html"](matrix))
    assert page.tags.count("table") == 4
    assert {"script", "b"}.isdisjoint(page.tags)
    assert "b | <b>2.0</b>" in page.words


def test_markdown(matrix: Matrix) -> None:
    text = WRITERS[".md"](matrix)
    assert "| client | passed | unsupported | misclassified | hung |" in text
    assert "| a 1.0 | 1 | 0 | 2 | 0 |" in text
    assert "| `connect/silent` | misclassified | hung |" in text
    assert "| connection-timed-out |  |  | **1** |  |" in text
    assert "b \\| <b>2.0</b>" in text


def test_json(matrix: Matrix) -> None:
    written = json.loads(WRITERS[".json"](matrix))
    assert written["scenarios"][0]["endings"] == {"a": "passed", "b": "passed"}
    assert written["clients"][1]["confusion"] == [
        {
            "expected": "connection-refused",
            "reported": ["connection-refused", "connection-timed-out"],
            "scenarios": ["connect/refused"],
        },
        {"expected": "connection-timed-out", "reported": ["hung"], "scenarios": ["connect/silent"]},
    ]


@pytest.mark.parametrize("kind", WRITERS)
def test_the_end_of_the_name_decides(kind: str, tmp_path: Path, events: list[Any]) -> None:
    report = MatrixFile(OutputFile(tmp_path / f"matrix{kind}"))
    for event in events:
        report.take(event)
    report.close()
    report.close()
    assert (tmp_path / f"matrix{kind}").read_text() == WRITERS[kind](matrix_of(events))


def test_every_ending_has_a_letter_of_its_own_and_a_colour() -> None:
    assert tuple(LETTERS) == tuple(STYLES) == tuple(Ending)
    assert len(set(LETTERS.values())) == len(Ending)


def test_nothing_is_written_if_nothing_ran(tmp_path: Path) -> None:
    MatrixFile(OutputFile(tmp_path / "matrix.md")).close()
    assert list(tmp_path.iterdir()) == []


def test_letters_on_a_narrow_terminal(matrix: Matrix) -> None:
    def spelled(width: int | None) -> list[str]:
        return ["".join(words for words, _ in line).rstrip() for line in table_lines(matrix, width)]

    assert spelled(None)[1] == "  connect/refused  passed         passed"
    assert spelled(30) == [
        "                   a",
        "                   | b",
        "  connect/refused  . .",
        "  connect/silent   M H",
        "  dns/gone         M -",
        "  . passed  - unsupported  M misclassified  H hung",
    ]


def test_the_most_frequent_confusions_come_first_and_not_all(make_started: Any, make_finished: Any) -> None:
    failures = ["dns-query-failed", "connection-timed-out", "connection-refused", "cannot-connect"]
    pairs = [(due, named) for due in failures for named in [*failures, "connection-closed"] if due != named]
    its = [make_finished(id=f"x/{number}", due=due, named=(named,)) for number, (due, named) in enumerate(pairs)]
    twice = make_finished(id="y", due=pairs[-1][0], named=(pairs[-1][1],))
    lines = list(confusion_lines(matrix_of([make_started(), *its, twice])))
    assert lines[1].strip() == "2  cannot-connect reported as connection-closed"
    assert lines[-1].strip() == "and 4 more confusions"


def test_several_clients_on_the_terminal_stand_side_by_side(events: list[Any]) -> None:
    stream = io.StringIO()
    report = TerminalReport(stream)
    for event in events:
        report.take(event)
    report.close()
    text = stream.getvalue()
    assert "  connect/silent   misclassified  hung" in text
    assert "a 1.0 confuses:" in text
    assert "  a 1.0           1 passed · 2 misclassified" in text
    assert "misclassified  connect/silent  (a)" in text
