"""Clients that are functions of a test, driven in this process."""

from collections.abc import Callable
from typing import Any

from mailfault.clients.library.callable_client import CallableClient
from mailfault.contract import Answer, Outcome, Target


def client(function: Callable[[Target], Any], **settings: Any) -> CallableClient:
    return CallableClient(function, spec="python:here:function", **settings)


async def right(target: Target) -> Answer:
    """Answer as the reference client does."""
    from mailfault.clients.adapters.reference import ReferenceAdapter

    return await ReferenceAdapter().answer_to(target)


async def always_refused(target: Target) -> Answer:
    """Deliver, but claim that the connection was refused."""
    await right(target)
    return Answer(outcome=Outcome.DEFERRED, code="4.4.316")
