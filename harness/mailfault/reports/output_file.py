"""A file for a report: known to be writable before the run, and left as it was until the run begins."""

import contextlib
import os
from pathlib import Path
from types import TracebackType
from typing import Self


class OutputLost(RuntimeError):
    """A file can no longer be written, in the middle of it all; the message says which and why."""


class OutputFile:
    """A place to write to. What stood there is kept until the first `write`.

    Text that is no valid Unicode (a client's stray bytes) is written with backslash escapes, which JSON reads back.
    """

    def __init__(self, path: Path) -> None:
        """Opens the file without changing it. Raises OSError where it cannot be written."""
        self.path = path
        self._is_new = not path.exists()
        # Not "a": what replaces the old content is written from the beginning, and devices cannot be appended to.
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
        self._file = open(number, "w", encoding="utf-8", errors="backslashreplace", newline="\n")  # noqa: PTH123, SIM115
        self._written = False

    def write(self, text: str) -> None:
        """Put `text` after what was written before; it has left the process when this returns. Raises OutputLost."""
        try:
            if not self._written:
                self._written = True
                if self.path.is_file():
                    self._file.truncate(0)
            self._file.write(text)
            self._file.flush()
        except OSError as error:
            with contextlib.suppress(OSError):  # what could not be written once is not tried again
                self._file.close()
            raise OutputLost(f"{self.path} can no longer be written: {error.strerror}") from error

    def close(self) -> None:
        """Close it; a file that was made here and never written is taken away again. May be called again."""
        if self._file.closed:
            return
        self._file.close()
        if self._is_new and not self._written and self.path.is_file():
            self.path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
