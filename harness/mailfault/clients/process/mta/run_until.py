"""A run of an agent until it has reported on the message."""

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from mailfault.clients.process.run_program import end_group, wait_unreaped
from mailfault.contract import Launcher

T = TypeVar("T")
_EVERY_S = 0.004
"""Interval between two looks at its reports."""


def run_until(
    arguments: Sequence[str],
    report: Callable[[], T | None],
    *,
    launcher: Launcher,
    environment: Mapping[str, str],
    output: Path,
    deadline_s: float,
) -> tuple[T | None, bool]:
    """Start a program with `launcher`, and kill it with its children once `report` returns a value.

    Its stdout and stderr go into the file `output`. Returns the report (None if there is none), and whether the
    program reported or ended within `deadline_s` seconds. Raises OSError if it cannot be started.
    """
    # Daemons that leave their process group end with this PID namespace.
    inside = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", *arguments]
    began_s = time.monotonic()
    with output.open("wb") as opened:
        process = subprocess.Popen(
            launcher.command(inside),
            stdin=subprocess.DEVNULL,
            stdout=opened,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
        )
    try:
        while True:
            has_ended = wait_unreaped(process, _EVERY_S)
            if (found := report()) is not None:
                return found, True
            if has_ended:
                return None, True
            if time.monotonic() - began_s > deadline_s:
                return None, False
    finally:
        end_group(process)
