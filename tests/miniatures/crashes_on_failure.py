"""Raises an exception of its own kind where anything goes wrong."""

from harness.contract import Answer, Outcome, Target
from harness.reference_client import DeliveryClient
from tests.miniatures.making import wrong

CAUGHT = {"connect/refused[route=mx]": "crashed"}


right = wrong(DeliveryClient)


async def deliver(target: Target) -> Answer:
    answer = await right(target)
    if answer.outcome is not Outcome.DELIVERED:
        raise KeyError(answer.failure)
    return answer
