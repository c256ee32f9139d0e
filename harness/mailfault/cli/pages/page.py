"""A page of plain text, broken to a width that reads well."""

import inspect
import textwrap
from collections.abc import Iterable

WIDTH = 100
"""Columns: a longer line is hard to read, whatever the window."""
_TERM_WIDTH = 19


class Page:
    """Lines of text, put together piece by piece."""

    def __init__(self, title: str, subtitle: str = "") -> None:
        self._lines = [title, *([subtitle] if subtitle else [])]

    def __str__(self) -> str:
        return "\n".join(self._lines)

    def heading(self, text: str) -> None:
        self._lines += ["", text]

    def text(self, text: str, *, indent: int = 2) -> None:
        """Running text; blank lines part paragraphs, and lines that are indented (an example) stay as they are."""
        for number, paragraph in enumerate(inspect.cleandoc(text).split("\n\n")):
            if number:
                self._lines.append("")
            if paragraph.startswith(" "):
                self._lines += [f"{' ' * indent}{line}" for line in paragraph.split("\n")]
            else:
                self._lines += _broken(paragraph, first=" " * indent, rest=" " * indent)

    def term(self, term: str, text: str, *, indent: int = 2) -> None:
        """A term and what there is to say of it, in two columns where the term is short."""
        room = indent + _TERM_WIDTH
        margin = " " * room
        if len(term) >= _TERM_WIDTH:
            self._lines.append(f"{' ' * indent}{term}")
            self._lines += _broken(text, first=margin, rest=margin)
        else:
            self._lines += _broken(text, first=f"{' ' * indent}{term:<{_TERM_WIDTH}}", rest=margin)

    def bullets(self, items: Iterable[str], *, indent: int = 2) -> None:
        for item in items:
            self._lines += _broken(item, first=f"{' ' * indent}- ", rest=f"{' ' * indent}  ")

    def verbatim(self, line: str, *, indent: int = 2) -> None:
        """A line to be pasted, however long."""
        self._lines.append(f"{' ' * indent}{line}")

    def gap(self) -> None:
        self._lines.append("")


def _broken(text: str, *, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]
