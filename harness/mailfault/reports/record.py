"""The run record: every event as one line of JSON, written as it comes. All other reports can be made from it."""

from typing import IO

from mailfault.events import RunEvent, to_line
from mailfault.reports.output_file import OutputFile


class RunRecord:
    """Writes events as JSON lines to a file, or to stdout for programs that read along (`--json`)."""

    def __init__(self, place: OutputFile | IO[str]) -> None:
        self._place = place

    def take(self, event: RunEvent) -> None:
        self._place.write(to_line(event) + "\n")
        if not isinstance(self._place, OutputFile):
            self._place.flush()

    def close(self) -> None:
        if isinstance(self._place, OutputFile):
            self._place.close()
