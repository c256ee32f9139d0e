"""Bind mounts of files over those of the system, for the programs of one delivery, in their own mount namespace."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path


def with_bind_mounts(mounts: Mapping[Path, Path], command: Sequence[str], *, stdin: Path | None = None) -> list[str]:
    """Return the argument list that mounts each file or folder (key) over an existing one (value), then starts
    `command`. Use it only with `run_until`, which creates a mount namespace."""
    binds = [f"mount --bind {shlex.quote(str(source))} {shlex.quote(str(path))}" for source, path in mounts.items()]
    start = f"exec {shlex.join(command)}" + (f" < {shlex.quote(str(stdin))}" if stdin is not None else "")
    return ["sh", "-c", " && ".join([*binds, start])]
