"""The run record: every event as one line of JSON, written as it comes. All other reports can be made from it."""

from typing import IO

from mailfault.events import RunEvent, to_line
from mailfault.reports.output_file import OutputFile


class RunRecord:
    """Writer of events as JSON lines, to a file or to stdout (`--json`)."""

    def __init__(self, output: OutputFile | IO[str]) -> None:
        self._output = output

    def take(self, event: RunEvent) -> None:
        self._output.write(to_line(event) + "\n")
        if not isinstance(self._output, OutputFile):
            self._output.flush()

    def close(self) -> None:
        if isinstance(self._output, OutputFile):
            self._output.close()
