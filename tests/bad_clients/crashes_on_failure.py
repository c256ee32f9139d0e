"""Raises an exception of its own kind where anything goes wrong."""

from mailfault.contract import Answer, Outcome, Target
from mailfault.reference_client import DeliveryClient
from tests.support.variants import wrong

CAUGHT = {"connect/refused[route=mx]": "crashed"}


right = wrong(DeliveryClient)


async def deliver(target: Target) -> Answer:
    answer = await right(target)
    if answer.outcome is not Outcome.DELIVERED:
        raise KeyError(answer.failure)
    return answer
