"""The matrix as Markdown (GitHub's tables): for a pull request, or for a page of findings."""

from collections.abc import Iterable, Sequence

from mailfault.events import Ending
from mailfault.reports.matrix.confusion import Confusion
from mailfault.reports.matrix.matrix import Matrix
from mailfault.reports.printable import printable


def as_markdown(matrix: Matrix) -> str:
    """A document with three parts: sums, who fell short where, and each client's confusions."""
    parts = [
        f"# mailfault {matrix.mailfault}: {len(matrix.columns)} clients, {len(matrix.rows)} scenarios",
        f"CodeMap {matrix.profile}, {matrix.started_at}." + (" Interrupted." if matrix.interrupted else ""),
        "## How they fared",
        _sums(matrix),
        "## Where they differ",
        _rows(matrix),
    ]
    for column in matrix.columns:
        parts += [f"## What {_text(column.name)} takes for what", _confusion(column.confusion)]
    return "\n\n".join(parts) + "\n"


def _sums(matrix: Matrix) -> str:
    met = [ending for ending in Ending if any(ending in one.endings for one in matrix.columns)]
    body = ([_text(one.name), *(str(one.endings.get(ending, 0)) for ending in met)] for one in matrix.columns)
    return _table(["client", *met], body)


def _rows(matrix: Matrix) -> str:
    rows = [row for row in matrix.rows if row.differs]
    if not rows:
        return "Nowhere: all that can do it ended alike in every scenario."
    body = ([f"`{row.id}`", *(cell.ending if cell else "" for cell in row.cells)] for row in rows)
    same = len(matrix.rows) - len(rows)
    rest = f"\n\nAll that can do it ended alike in the other {same}." if same else ""
    return _table(["scenario", *(_text(one.client) for one in matrix.columns)], body) + rest


def _confusion(confusion: Confusion) -> str:
    if not confusion.due:
        return "Nothing was judged."
    body = (
        [due, *(_count(confusion.count(due, named), wrong=confusion.is_wrong(due, named)) for named in confusion.named)]
        for due in confusion.due
    )
    return _table(["expected \\ reported", *confusion.named], body)


def _count(count: int, *, wrong: bool) -> str:
    if not count:
        return ""
    return f"**{count}**" if wrong else str(count)


def _table(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _text(words: str) -> str:
    return printable(words).replace("|", "\\|")
