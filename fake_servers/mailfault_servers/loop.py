"""The one asyncio loop, in one daemon thread, on which every fake server of the process runs."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from mailfault_servers.heartbeat import Heartbeat

T = TypeVar("T")

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_thread: threading.Thread | None = None
_heartbeat: Heartbeat | None = None
_endings: list[Callable[[], Coroutine[Any, Any, None]]] = []
"""Functions that close what lives as long as the loop."""


def server_loop() -> asyncio.AbstractEventLoop:
    """Return the loop, started on first use."""
    global _loop, _thread, _heartbeat
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            _thread = threading.Thread(target=_loop.run_forever, name="mailfault-servers", daemon=True)
            _thread.start()
            _heartbeat = Heartbeat(_loop)
        return _loop


def longest_pause_s(since_s: float) -> float:
    """Return the longest pause of the servers, in seconds, since that moment of `time.monotonic()`. A client's limits
    can expire in such a pause through no fault of its own."""
    return _heartbeat.longest_pause_s(since_s) if _heartbeat is not None else 0.0


def run_on_loop(work: Coroutine[Any, Any, T], *, timeout_s: float = 30.0) -> T:
    """Run a coroutine on the servers' loop from another thread; return its result, or raise its error."""
    return asyncio.run_coroutine_threadsafe(work, server_loop()).result(timeout_s)


def when_it_stops(close: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Call `close` before the loop stops."""
    with _lock:
        _endings.append(close)


def stop_server_loop() -> None:
    """Stop the loop and its thread, if they run. The next world starts new ones."""
    global _loop, _thread, _heartbeat
    with _lock:
        loop, thread = _loop, _thread
        _loop = _thread = _heartbeat = None
        endings = tuple(_endings)
        _endings.clear()
    if loop is None or thread is None:
        return
    for close in endings:
        asyncio.run_coroutine_threadsafe(close(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
