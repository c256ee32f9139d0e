"""The matrix for a terminal: a row for each scenario, a column for each client, and each client's confusions."""

from collections.abc import Iterator

from mailfault.events import Ending
from mailfault.reports.matrix.matrix import Cell, Matrix, Row
from mailfault.reports.printable import printable

_GAP = 2
_MOST_CONFUSIONS = 12
LETTERS = {
    Ending.PASSED: ".",
    Ending.TOLERATED: "t",
    Ending.UNSUPPORTED: "-",
    Ending.NOT_REACHED: "n",
    Ending.MISCLASSIFIED: "M",
    Ending.UNSAFE: "U",
    Ending.CRASHED: "C",
    Ending.HUNG: "H",
    Ending.BROKEN: "B",
}
"""One letter for each ending, for a terminal too narrow for words."""
_WORD_WIDTH = max(len(ending) for ending in Ending)

Piece = tuple[str, str]
"""Text, and the ending that gives it a colour ("" for none)."""


def table_lines(matrix: Matrix, width: int | None) -> Iterator[list[Piece]]:
    """Yield the table line by line. If `width` columns cannot hold the words, each ending is one letter."""
    id_width = max((len(row.id) for row in matrix.rows), default=0)
    names = [printable(column.client) for column in matrix.columns]
    if width is None or _GAP * 2 + id_width + len(names) * (_WORD_WIDTH + _GAP) <= width:
        yield from _in_words(matrix, names, id_width)
    else:
        yield from _in_letters(matrix, names, id_width)


def confusion_lines(matrix: Matrix) -> Iterator[str]:
    """Yield the most frequent confusions of each client."""
    for column in matrix.columns:
        confused = column.confusion.confused
        if confused:
            yield f"{printable(column.name)} confuses:"
        for due, named, count in confused[:_MOST_CONFUSIONS]:
            yield f"  {count:>4}  {due} reported as {named}"
        rest = len(confused) - _MOST_CONFUSIONS
        if rest > 0:
            yield f"        and {rest} more confusion{'s' if rest > 1 else ''}"


def sum_lines(matrix: Matrix) -> Iterator[str]:
    """Yield one line for each client: the number of scenarios with each ending."""
    width = max((len(printable(column.name)) for column in matrix.columns), default=0)
    for column in matrix.columns:
        counts = " · ".join(f"{count} {ending}" for ending, count in column.endings.items())
        yield f"  {printable(column.name):<{width}}  {counts}"


def _in_words(matrix: Matrix, names: list[str], id_width: int) -> Iterator[list[Piece]]:
    heads = [_cropped(name) for name in names]
    yield [(f"  {'':<{id_width}}", ""), *((f"  {head:<{_WORD_WIDTH}}", "") for head in heads)]
    for row in matrix.rows:
        yield [
            (f"  {row.id:<{id_width}}", ""),
            *((f"  {_word(cell):<{_WORD_WIDTH}}", _word(cell)) for cell in row.cells),
        ]


def _in_letters(matrix: Matrix, names: list[str], id_width: int) -> Iterator[list[Piece]]:
    for number, name in enumerate(names):
        yield [(f"  {'':<{id_width}}  {'| ' * number}{name}", "")]
    for row in matrix.rows:
        yield [(f"  {row.id:<{id_width}}  ", ""), *_letters(row)]
    present = {cell.ending for row in matrix.rows for cell in row.cells if cell is not None}
    yield [("  " + "  ".join(f"{letter} {ending}" for ending, letter in LETTERS.items() if ending in present), "")]


def _letters(row: Row) -> list[Piece]:
    return [(f"{LETTERS[cell.ending] if cell else ' '} ", _word(cell)) for cell in row.cells]


def _word(cell: Cell | None) -> str:
    return cell.ending if cell is not None else ""


def _cropped(name: str) -> str:
    return name if len(name) <= _WORD_WIDTH else f"…{name[-_WORD_WIDTH + 1 :]}"
