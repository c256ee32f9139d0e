"""A deadline for a client's own Python code."""

import asyncio
import queue
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from mailfault.contract import DeliveryResult, Hung

T = TypeVar("T")

_TO_CANCEL_S = 0.5
"""Time for a cancelled coroutine to end."""


def within_deadline(work: Callable[[], DeliveryResult], *, deadline_s: float) -> DeliveryResult:
    """Run `work` in a new thread. Return Hung if it is not done after `deadline_s`, and the time that a cancelled
    coroutine needs.

    `work` returns a result for all that a client does. A thread that hangs cannot be ended: it is a daemon, and the
    sockets that it waits for are closed with its world.
    """
    done: queue.SimpleQueue[DeliveryResult | BaseException] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put(work())
        except BaseException as error:  # a bug in an adapter is the harness's: raise it in the caller
            done.put(error)

    threading.Thread(target=run, name="mailfault-client", daemon=True).start()
    try:
        ended = done.get(timeout=deadline_s + _TO_CANCEL_S)
    except queue.Empty:
        return Hung(deadline_s)
    if isinstance(ended, BaseException):
        raise ended
    return ended


class Overdue(Exception):
    """A coroutine was cancelled at its deadline."""


def run_coroutine(coroutine: Coroutine[Any, Any, T], *, deadline_s: float) -> T:
    """Run a coroutine on a new loop and cancel it at the deadline. Raises Overdue then, else the coroutine's error."""

    async def limited() -> T:
        try:
            async with asyncio.timeout(deadline_s) as limit:
                return await coroutine
        except TimeoutError:
            if limit.expired():
                raise Overdue from None
            raise

    return asyncio.run(limited())
