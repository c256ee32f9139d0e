"""Says that it did not work, and nothing more."""

from mailfault.contract import Answer, Outcome, Target
from mailfault.reference_client import DeliveryClient
from tests.support.variants import wrong

CAUGHT = {"connect/refused[route=mx]": "misclassified"}


right = wrong(DeliveryClient)


async def deliver(target: Target) -> Answer:
    answer = await right(target)
    if answer.outcome is Outcome.DELIVERED:
        return answer
    return Answer(outcome=answer.outcome, text="delivery did not succeed")
