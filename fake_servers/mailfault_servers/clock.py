"""Clocks. Every clock that this library and the harness read is passed in."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The source of time of a server."""

    def now(self) -> datetime:
        """Return the time as an aware datetime in UTC, to which the dates of certificates are compared."""
        ...

    def elapsed_s(self) -> float:
        """Return the seconds since a fixed point; they never go back."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def elapsed_s(self) -> float:
        return time.monotonic()


class ManualClock:
    """A clock that only `advance` moves: a queue story of 24 hours takes no time."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a ManualClock starts at an aware datetime; give it a tzinfo, for example datetime.UTC")
        self._start = start
        self._passed = timedelta()

    def now(self) -> datetime:
        return self._start + self._passed

    def elapsed_s(self) -> float:
        return self._passed.total_seconds()

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`, which may not be negative."""
        if seconds < 0:
            raise ValueError(f"time does not go back: advance({seconds})")
        self._passed += timedelta(seconds=seconds)
