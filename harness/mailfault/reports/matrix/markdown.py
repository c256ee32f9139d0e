"""The matrix as Markdown (GitHub's tables), for a pull request or a page of findings."""

from collections.abc import Iterable, Sequence

from mailfault.events import Ending
from mailfault.reports.matrix.confusion import Confusion
from mailfault.reports.matrix.matrix import Matrix
from mailfault.reports.printable import printable


def as_markdown(matrix: Matrix) -> str:
    """Return a document of three parts: endings by client, scenarios with different endings, and confusions."""
    parts = [
        f"# mailfault {matrix.mailfault}: {len(matrix.columns)} clients, {len(matrix.rows)} scenarios",
        f"Code map {matrix.profile}, {matrix.started_at}." + (" Interrupted." if matrix.interrupted else ""),
        "## Endings by client",
        _sums(matrix),
        "## Scenarios with different endings",
        _rows(matrix),
    ]
    for column in matrix.columns:
        parts += [f"## Expected and reported failures: {_text(column.name)}", _confusion(column.confusion)]
    return "\n\n".join(parts) + "\n"


def _sums(matrix: Matrix) -> str:
    present = [ending for ending in Ending if any(ending in column.endings for column in matrix.columns)]
    body = (
        [_text(column.name), *(str(column.endings.get(ending, 0)) for ending in present)] for column in matrix.columns
    )
    return _table(["client", *present], body)


def _rows(matrix: Matrix) -> str:
    rows = [row for row in matrix.rows if row.differs]
    if not rows:
        return "None: in every scenario, all clients that support it ended alike."
    body = ([f"`{row.id}`", *(cell.ending if cell else "" for cell in row.cells)] for row in rows)
    same = len(matrix.rows) - len(rows)
    rest = f"\n\nIn the other {same}, all clients that support the scenario ended alike." if same else ""
    return _table(["scenario", *(_text(column.client) for column in matrix.columns)], body) + rest


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
