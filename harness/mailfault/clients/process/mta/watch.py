"""Running an agent until it has said what became of the message."""

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from mailfault.clients.process.run_program import end_group, wait_unreaped
from mailfault.contract import Launcher

T = TypeVar("T")
_EVERY_S = 0.004
"""How often is looked whether it has said it."""


def run_until(
    arguments: Sequence[str],
    said: Callable[[], T | None],
    *,
    launcher: Launcher,
    environment: Mapping[str, str],
    output: Path,
    deadline_s: float,
) -> tuple[T | None, bool]:
    """Start a program by `launcher`, and end it with all that it started as soon as `said` gives something.

    What it prints goes into the file `output`. Returns what was said, and whether the program was over, or done, before
    `deadline_s` seconds had passed. Raises OSError where it cannot be started.
    """
    # A namespace of process numbers of its own: daemons that leave their process group are ended with it.
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
            ended = wait_unreaped(process, _EVERY_S)
            if (found := said()) is not None:
                return found, True
            if ended:
                return None, True
            if time.monotonic() - began_s > deadline_s:
                return None, False
    finally:
        end_group(process)
