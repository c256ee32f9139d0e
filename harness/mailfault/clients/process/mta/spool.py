"""A temporary folder with the owners and modes that a mail transfer agent insists on."""

import atexit
import contextlib
import grp
import os
import pwd
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

_LONG_AGO_S = 3600.0
_leftovers: list[Path] = []
"""Folders still to be removed. An agent that was killed may still write into the last one."""


class Spool:
    """A folder that is removed afterwards, with all that the agent has written into it."""

    def __init__(self, name: str) -> None:
        """`name` is the agent's; it becomes part of the folder's name."""
        self.path = Path(tempfile.mkdtemp(prefix=f"mailfault-{name}-"))
        self.path.chmod(0o755)

    def folder(
        self, name: str, *, mode: int = 0o755, owner: str | int | None = None, group: str | int | None = None
    ) -> Path:
        """Make a folder inside; `owner` and `group` are names or numbers. Raises KeyError for an unknown name."""
        made = self.path / name
        made.mkdir(parents=True)
        _own(made, owner, group)
        made.chmod(mode)
        return made

    def file(
        self, name: str, content: str | bytes, *, mode: int = 0o644, owner: str | None = None, group: str | None = None
    ) -> Path:
        """Write a file inside, dated an hour back: some agents do not trust a file that was just changed."""
        made = self.path / name
        made.write_bytes(content.encode() if isinstance(content, str) else content)
        _own(made, owner, group)
        made.chmod(mode)
        then = made.stat().st_mtime - _LONG_AGO_S
        os.utime(made, (then, then))
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _leftovers.append(self.path)
        remove_leftovers()


@atexit.register
def remove_leftovers() -> None:
    """Remove the folders of past spools. Called when a spool ends, and when this process exits."""
    for path in tuple(_leftovers):
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            with contextlib.suppress(ValueError):  # another thread was first
                _leftovers.remove(path)


def _own(path: Path, owner: str | int | None, group: str | int | None) -> None:
    if owner is not None or group is not None:
        os.chown(
            path,
            -1 if owner is None else owner if isinstance(owner, int) else pwd.getpwnam(owner).pw_uid,
            -1 if group is None else group if isinstance(group, int) else grp.getgrnam(group).gr_gid,
        )
