"""The whole catalogue, played once by the reference client, with what the run left behind."""

import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailfault.clients import open_client
from mailfault.events import ScenarioFinished
from mailfault.play.options import RunOptions
from mailfault.play.run import run
from mailfault.scenario.loader import load_shipped
from mailfault_servers.loop import stop_server_loop

_DESCRIPTORS = Path("/proc/self/fd")


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """One run of all scenarios."""

    finished: Mapping[str, ScenarioFinished]
    """By scenario id."""
    threads_left: tuple[str, ...]
    files_left: tuple[str, ...]
    """Files in the temporary folder after the run."""
    descriptors_left: int
    """Open descriptors more than before the run; 0 where /proc does not tell."""


def whole_run(spec: str = "reference", **options: Any) -> dict[str, ScenarioFinished]:
    """Play all scenarios against one client; return the results by scenario id."""
    client = open_client(spec)
    events = list(run(load_shipped(), [client], RunOptions(**options), version="test"))
    client.close()
    return {event.id: event for event in events if isinstance(event, ScenarioFinished)}


def play_catalogue(temporary: Path) -> Catalogue:
    """Play all scenarios against the reference client, with temporary files in this empty folder."""
    stop_server_loop()
    threads = set(threading.enumerate())
    opened = _open_descriptors()
    usual, tempfile.tempdir = tempfile.tempdir, str(temporary)
    try:
        finished = whole_run()
    finally:
        tempfile.tempdir = usual
    stop_server_loop()
    return Catalogue(
        finished=finished,
        threads_left=tuple(
            thread.name for thread in threading.enumerate() if thread not in threads and thread.is_alive()
        ),
        files_left=tuple(path.name for path in temporary.iterdir()),
        descriptors_left=max(0, _open_descriptors() - opened),
    )


def _open_descriptors() -> int:
    return len(list(_DESCRIPTORS.iterdir())) if _DESCRIPTORS.is_dir() else 0
