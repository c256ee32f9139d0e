"""Where time comes from: every clock that this library and the harness read is passed in."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What a server may ask about time."""

    def now(self) -> datetime:
        """The moment, as an aware datetime in UTC (what a certificate's dates are compared with)."""
        ...

    def elapsed_s(self) -> float:
        """Seconds since a fixed point, never going back."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def elapsed_s(self) -> float:
        return time.monotonic()


class ManualClock:
    """A clock that stands still until it is told to move: a queue story of 24 hours in no time."""

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
