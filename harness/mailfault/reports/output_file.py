"""A report's file: checked to be writable before the run, and unchanged until the first write."""

import contextlib
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from mailfault.errors import MailfaultError


class OutputLost(MailfaultError, RuntimeError):
    """A file became unwritable during the run; the message says which and why."""


class OutputFile:
    """A file that keeps its old content until the first `write`.

    Invalid Unicode (a client's stray bytes) is written as backslash escapes, which JSON reads back.
    """

    def __init__(self, path: Path) -> None:
        """Open the file without changing it. Raises OSError if it cannot be written."""
        self.path = path
        self._is_new = not path.exists()
        # Not "a": the new content starts at the beginning, and devices cannot be appended to.
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
        self._file = open(number, "w", encoding="utf-8", errors="backslashreplace", newline="\n")  # noqa: PTH123, SIM115
        self._written = False

    def write(self, text: str) -> None:
        """Append `text` to earlier writes, and flush it. Raises OutputLost."""
        try:
            if not self._written:
                self._written = True
                if self.path.is_file():
                    self._file.truncate(0)
            self._file.write(text)
            self._file.flush()
        except OSError as error:
            with contextlib.suppress(OSError):  # do not retry the write
                self._file.close()
            raise OutputLost(f"{self.path} can no longer be written", cause=error.strerror or str(error)) from error

    def close(self) -> None:
        """Close the file, and remove it if it was created here and never written. May be called again."""
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
