"""The processes of one client: a process serves one play at a time, and another one once that play is over.

A scenario must not end differently because of another one that is played side by side. A process that hung or died is
ended, and the next delivery has a new one.
"""

import itertools
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mailfault.clients.process.running_worker import RunningWorker
from mailfault.contract import Launcher

Start = Callable[[int, Launcher | None], RunningWorker]
"""Starts the process of a number, inside a world's sandbox if there is a launcher."""


class WorkerPool:
    """The processes of one client. Thread-safe."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._numbers = itertools.count(1)
        self._idle: list[RunningWorker] = []
        self._lock = threading.Lock()
        # A client that its user forgets to close leaves no process behind.
        weakref.finalize(self, _end_all, self._idle)

    @contextmanager
    def lease(self) -> Iterator["Lease"]:
        """Lend processes to one play. At its end the healthy ones serve other plays."""
        lease = Lease(self)
        try:
            yield lease
        finally:
            lease.give_back()

    def take(self, launcher: Launcher | None) -> RunningWorker:
        """Take an idle process, or start one. A process inside a sandbox is always new. Raises what `start` does."""
        while launcher is None:
            with self._lock:
                if not self._idle:
                    break
                worker = self._idle.pop()
            if worker.is_fit():
                return worker
            worker.end()
        with self._lock:
            number = next(self._numbers)
        return self._start(number, launcher)

    def give_back(self, worker: RunningWorker) -> None:
        """Keep a healthy process for the next play. End any other, and any inside a sandbox: its world ends."""
        if worker.launcher is not None or not worker.is_fit():
            worker.end()
            return
        with self._lock:
            self._idle.append(worker)

    def close(self) -> None:
        """End the idle processes. May be called again."""
        with self._lock:
            idle = list(self._idle)
            self._idle.clear()
        _end_all(idle)


def _end_all(workers: list[RunningWorker]) -> None:
    while workers:
        workers.pop().end()


class Lease:
    """The process of one play. One thread uses it."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self._worker: RunningWorker | None = None
        self.numbers: list[int] = []
        """The numbers of the processes that served, in order."""

    def worker(self, launcher: Launcher | None) -> RunningWorker:
        """Return the process of this play; start one if it has none in this world. Raises what `start` does."""
        if self._worker is not None and self._worker.launcher != launcher:
            self.give_back()
        if self._worker is None:
            self._worker = self._pool.take(launcher)
            self.numbers.append(self._worker.number)
        return self._worker

    def end(self, *, grace_s: float = 0.0) -> str:
        """End the process, which did not do as it should. Return its last words (see RunningWorker.end)."""
        worker, self._worker = self._worker, None
        return worker.end(grace_s=grace_s) if worker is not None else ""

    def give_back(self) -> None:
        """Return the process to the pool."""
        worker, self._worker = self._worker, None
        if worker is not None:
            self._pool.give_back(worker)
