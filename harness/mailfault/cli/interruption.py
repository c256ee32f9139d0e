"""Ctrl-C, and the SIGTERM of a build server, during a run."""

import signal
import sys
import threading
from collections.abc import Generator, Iterator
from types import FrameType
from typing import TypeVar

_T = TypeVar("_T")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(Exception):
    """The user or the machine stops the run."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_status = 128 + number
        """128 + signal, as shells report it: 130 for Ctrl-C."""


class Interruptible(Iterator[_T]):
    """An iterator over the same values. After a signal it raises Interrupted in place of the next value.

    A signal interrupts only the wait for a value: the caller always finishes with the value it has. Threads other than
    the main one get no signals, and nothing changes there.
    """

    def __init__(self, values: Iterator[_T]) -> None:
        self._values = values
        self._signalled: int | None = None
        self._waiting = False
        self._former_handlers = {}
        if threading.current_thread() is threading.main_thread():
            self._former_handlers = {number: signal.signal(number, self._note) for number in _SIGNALS}

    def __next__(self) -> _T:
        self._waiting = True
        try:
            if self._signalled is not None:
                raise Interrupted(self._signalled)
            return next(self._values)
        finally:
            self._waiting = False

    def close(self) -> None:
        """Close the iterator, if it is a generator, and restore the former signal handlers."""
        if isinstance(self._values, Generator):
            self._values.close()
        for number, handler in self._former_handlers.items():
            signal.signal(number, handler)
        self._former_handlers = {}

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._signalled is None:
            sys.stderr.write("mailfault: stopping; waiting for the deliveries under way\n")
        self._signalled = number
        if self._waiting:
            raise Interrupted(number)
