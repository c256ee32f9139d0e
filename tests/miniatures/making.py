"""How a deliberately wrong client is made: the reference client with one of its decisions replaced."""

from collections.abc import Awaitable, Callable
from typing import Any

from harness.clients.reference import ReferenceAdapter
from harness.contract import Answer, Policy, Target
from harness.reference_client import DeliveryClient

Deliver = Callable[[Target], Awaitable[Answer]]


def wrong(client: type[DeliveryClient]) -> Deliver:
    """The `deliver` of a variant of the reference client."""
    adapter = ReferenceAdapter(client=client)

    async def deliver(target: Target) -> Answer:
        return await adapter.answer_to(target)

    return heeding(deliver)


def heeding(deliver: Callable[[Target], Any]) -> Callable[[Target], Any]:
    """The same, which declares that it heeds the policies of recipients' domains."""
    deliver.policies = tuple(Policy)  # type: ignore[attr-defined]
    return deliver
