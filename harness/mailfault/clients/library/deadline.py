"""A client's own Python code, run beside the harness until its time is over."""

import asyncio
import queue
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from mailfault.contract import DeliveryResult, Hung

T = TypeVar("T")

_TO_CANCEL_S = 0.5
"""How long a coroutine has to come to its end once it is cancelled."""


def within_deadline(work: Callable[[], DeliveryResult], *, deadline_s: float) -> DeliveryResult:
    """Run `work` in a thread of its own; Hung where it is not done after `deadline_s` seconds, and as long again as a
    cancelled coroutine needs to come to its end.

    `work` returns for everything a client does. A thread that hangs cannot be ended, only left behind: it is a daemon,
    and what it waits for is closed with its world.
    """
    done: queue.SimpleQueue[DeliveryResult | BaseException] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put(work())
        except BaseException as error:  # a mistake in an adapter is the harness's: it is raised where it was called
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
    """A coroutine was cancelled because its time was over."""


def run_coroutine(coroutine: Coroutine[Any, Any, T], *, deadline_s: float) -> T:
    """Run a coroutine on a loop of its own and cancel it at the deadline. Raises Overdue then, else what it raises."""

    async def limited() -> T:
        try:
            async with asyncio.timeout(deadline_s) as limit:
                return await coroutine
        except TimeoutError:
            if limit.expired():
                raise Overdue from None
            raise

    return asyncio.run(limited())
