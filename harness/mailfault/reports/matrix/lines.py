"""The matrix for a terminal: a row a scenario, a column a client, and below it what each client takes for what."""

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
_WORD_WIDTH = max(len(one) for one in Ending)

Piece = tuple[str, str]
"""Words, and the ending that gives them their colour ("" for none)."""


def table_lines(matrix: Matrix, width: int | None) -> Iterator[list[Piece]]:
    """The table, a line at a time. With `width` columns that do not hold the words, one letter stands for each."""
    id_width = max((len(row.id) for row in matrix.rows), default=0)
    names = [printable(one.client) for one in matrix.columns]
    if width is None or _GAP * 2 + id_width + len(names) * (_WORD_WIDTH + _GAP) <= width:
        yield from _in_words(matrix, names, id_width)
    else:
        yield from _in_letters(matrix, names, id_width)


def confusion_lines(matrix: Matrix) -> Iterator[str]:
    """For each client with confusions: the most frequent ones."""
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
    """One line a client: how many scenarios ended how."""
    width = max((len(printable(one.name)) for one in matrix.columns), default=0)
    for column in matrix.columns:
        told = " · ".join(f"{count} {ending}" for ending, count in column.endings.items())
        yield f"  {printable(column.name):<{width}}  {told}"


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
    met = {cell.ending for row in matrix.rows for cell in row.cells if cell is not None}
    yield [("  " + "  ".join(f"{letter} {ending}" for ending, letter in LETTERS.items() if ending in met), "")]


def _letters(row: Row) -> list[Piece]:
    return [(f"{LETTERS[cell.ending] if cell else ' '} ", _word(cell)) for cell in row.cells]


def _word(cell: Cell | None) -> str:
    return cell.ending if cell is not None else ""


def _cropped(name: str) -> str:
    return name if len(name) <= _WORD_WIDTH else f"…{name[-_WORD_WIDTH + 1 :]}"
