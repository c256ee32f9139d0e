"""`--matrix FILE`: the matrix as HTML, Markdown or JSON, by the suffix of the file."""

import json
from collections.abc import Callable

from mailfault.events import RunEvent
from mailfault.reports.matrix.markdown import as_markdown
from mailfault.reports.matrix.matrix import Matrix, matrix_of
from mailfault.reports.matrix.page import as_page
from mailfault.reports.output_file import OutputFile


def as_json(matrix: Matrix) -> str:
    """Return one JSON object, indented, with a final newline."""
    return json.dumps(matrix.to_json(), ensure_ascii=False, indent=1) + "\n"


WRITERS: dict[str, Callable[[Matrix], str]] = {".html": as_page, ".json": as_json, ".md": as_markdown}
"""The format of each suffix."""


class MatrixFile:
    """Collects the events of a run, and writes the file when it is closed."""

    def __init__(self, file: OutputFile) -> None:
        """Take a file whose suffix is one of WRITERS. Raises KeyError for another."""
        self._file = file
        self._write = WRITERS[file.path.suffix.lower()]
        self._events: list[RunEvent] = []

    def take(self, event: RunEvent) -> None:
        self._events.append(event)

    def close(self) -> None:
        """Write the results so far, also of an interrupted run. Write nothing if no run began."""
        events, self._events = self._events, []
        if events:
            self._file.write(self._write(matrix_of(events)))
        self._file.close()
