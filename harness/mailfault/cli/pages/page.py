"""A page of plain text, wrapped to a readable width."""

import inspect
import textwrap
from collections.abc import Iterable

WIDTH = 100
"""Columns. Longer lines are hard to read in any window."""
_TERM_WIDTH = 19


class Page:
    """Lines of text, added piece by piece."""

    def __init__(self, title: str, subtitle: str = "") -> None:
        self._lines = [title, *([subtitle] if subtitle else [])]

    def __str__(self) -> str:
        return "\n".join(self._lines)

    def heading(self, text: str) -> None:
        """Add a heading."""
        self._lines += ["", text]

    def text(self, text: str, *, indent: int = 2) -> None:
        """Add wrapped text. Blank lines separate paragraphs; indented lines (an example) are kept as they are."""
        for number, paragraph in enumerate(inspect.cleandoc(text).split("\n\n")):
            if number:
                self._lines.append("")
            if paragraph.startswith(" "):
                self._lines += [f"{' ' * indent}{line}" for line in paragraph.split("\n")]
            else:
                self._lines += _wrapped(paragraph, first=" " * indent, rest=" " * indent)

    def term(self, term: str, text: str, *, indent: int = 2) -> None:
        """Add a term and its description, in two columns if the term is short."""
        room = indent + _TERM_WIDTH
        margin = " " * room
        if len(term) >= _TERM_WIDTH:
            self._lines.append(f"{' ' * indent}{term}")
            self._lines += _wrapped(text, first=margin, rest=margin)
        else:
            self._lines += _wrapped(text, first=f"{' ' * indent}{term:<{_TERM_WIDTH}}", rest=margin)

    def bullets(self, items: Iterable[str], *, indent: int = 2) -> None:
        """Add a list."""
        for item in items:
            self._lines += _wrapped(item, first=f"{' ' * indent}- ", rest=f"{' ' * indent}  ")

    def verbatim(self, line: str, *, indent: int = 2) -> None:
        """Add a line unwrapped, for pasting."""
        self._lines.append(f"{' ' * indent}{line}")

    def gap(self) -> None:
        """Add an empty line."""
        self._lines.append("")


def _wrapped(text: str, *, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]
