"""A pulse on the servers' loop that notes each time it came late.

A busy or stopped machine can let a client's short limit expire while every server works. Check here before blaming the
client.
"""

import asyncio
import threading
import time
from collections import deque

PULSE_S = 0.02
_NOTED_S = 0.05
_KEPT = 4096


class Heartbeat:
    """A pulse on one loop, readable from any thread. It reads the machine's clock, since it measures the machine."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to beat on that loop, which need not run yet; the pulse ends with the loop."""
        self._loop = loop
        self._lock = threading.Lock()
        self._late: deque[tuple[float, float]] = deque(maxlen=_KEPT)
        self._due_s = time.monotonic()
        loop.call_soon_threadsafe(self._beat)

    def _beat(self) -> None:
        now_s = time.monotonic()
        with self._lock:
            if now_s - self._due_s > _NOTED_S:
                self._late.append((now_s, now_s - self._due_s))
            self._due_s = now_s + PULSE_S
        self._loop.call_later(PULSE_S, self._beat)

    def longest_pause_s(self, since_s: float) -> float:
        """Return the longest pause of the loop, in seconds, since that moment of `time.monotonic()`: 0.0 if it was
        never late by more than 50 ms. A pause that still lasts counts up to now."""
        with self._lock:
            pauses = [late_s for end_s, late_s in self._late if end_s >= since_s]
            now_s, due_s = time.monotonic(), self._due_s
        return max((*pauses, now_s - due_s if now_s - due_s > _NOTED_S and now_s >= since_s else 0.0))
