"""Ctrl-C, and the SIGTERM of a build server, while a run goes on."""

import signal
import sys
import threading
from collections.abc import Generator, Iterator
from types import FrameType
from typing import TypeVar

_T = TypeVar("_T")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(Exception):
    """The user, or the machine, wants the run to end."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_status = 128 + number
        """By the shell's custom: 130 for Ctrl-C."""


class Interruptible(Iterator[_T]):
    """The same values; raises Interrupted in place of the next one once a signal has come.

    A signal breaks off only the wait for a value, so what the caller does with one is always done to its end. In other
    threads than the main one, which get no signals, nothing is changed.
    """

    def __init__(self, values: Iterator[_T]) -> None:
        self._values = values
        self._signalled: int | None = None
        self._waiting = False
        self._before = {}
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._note) for number in _SIGNALS}

    def __next__(self) -> _T:
        self._waiting = True
        try:
            if self._signalled is not None:
                raise Interrupted(self._signalled)
            return next(self._values)
        finally:
            self._waiting = False

    def close(self) -> None:
        """End the values, where they can be ended, and give the signals back to whom they belonged."""
        if isinstance(self._values, Generator):
            self._values.close()
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._signalled is None:
            sys.stderr.write("mailfault: stopping; waiting for the deliveries under way\n")
        self._signalled = number
        if self._waiting:
            raise Interrupted(number)
