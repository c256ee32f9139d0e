"""A run of a client's program: a process group that is killed when the delivery is over."""

import contextlib
import os
import select
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailfault.contract import Launcher

_KEPT = 1 << 20
"""Bytes of output that are read, from the end."""
STDERR_LINES = 5
"""Lines of stderr in a description, from the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The end of a program."""

    status: int | None
    """Exit status; a signal as its negative number; None if it was killed at the deadline."""
    stdout: str
    stderr: str

    def describe(self) -> str:
        """Describe the end, with the last lines of stderr."""
        return describe_end(self.status, self.stderr)


def describe_end(status: int | None, stderr: str) -> str:
    """Describe the end of a program, with the last lines of stderr."""
    if status is None:
        end = "it was ended"
    elif status < 0:
        with contextlib.suppress(ValueError):
            return _with_words(f"it was killed by {signal.Signals(-status).name}", stderr)
        end = f"it was killed by signal {-status}"
    else:
        end = f"it exited with status {status}"
    return _with_words(end, stderr)


def _with_words(end: str, stderr: str) -> str:
    lines = [line.rstrip() for line in stderr.splitlines() if line.strip()][-STDERR_LINES:]
    return f"{end}; its last words on stderr: " + " / ".join(lines) if lines else f"{end} and said nothing on stderr"


def run_program(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    deadline_s: float,
    launcher: Launcher | None = None,
) -> Finished:
    """Run a program to its end, or for `deadline_s` seconds, through `launcher` if there is one.

    Its output goes into files in `folder`: no pipe can fill, and no child can keep one open. Raises OSError if it
    cannot be started.
    """
    out, err = folder / "stdout", folder / "stderr"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            arguments if launcher is None else launcher.command(arguments),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=dict(environment),
            start_new_session=True,
        )
    try:
        in_time = wait_unreaped(process, deadline_s)
    finally:
        end_group(process)
    return Finished(status=process.returncode if in_time else None, stdout=read_end(out), stderr=read_end(err))


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process started with `start_new_session`, and its children; wait for it. May be called again."""
    if process.returncode is None:
        # The leader is not reaped yet, so its number still names this group and no other.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_unreaped(process: subprocess.Popen[bytes], deadline_s: float) -> bool:
    """Wait for the process; return whether it ended in time. It stays unreaped: its PID still names its group."""
    if not hasattr(os, "pidfd_open"):
        # Not Linux: the number is free from here on, for as long as it takes to end the group.
        try:
            process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            return False
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        return True
    watched = os.pidfd_open(process.pid)
    try:
        poll = select.poll()
        poll.register(watched, select.POLLIN)
        return bool(poll.poll(deadline_s * 1000))
    finally:
        os.close(watched)


def read_end(file: Path, *, begin: int = 0) -> str:
    """Return the end of a file of output, from `begin` (bytes) on."""
    with file.open("rb") as opened:
        size = opened.seek(0, os.SEEK_END)
        opened.seek(max(begin, size - _KEPT))
        return opened.read().decode("utf-8", "backslashreplace")
