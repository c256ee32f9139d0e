"""Says delivered for everybody because the message was taken for somebody."""

from mailfault.contract import Answer, Outcome, Target
from mailfault.reference_client import DeliveryClient
from tests.support.variants import wrong

CAUGHT = {"smtp/one-of-two-refused": "unsafe", "smtp/one-of-two-deferred": "unsafe"}


right = wrong(DeliveryClient)


async def deliver(target: Target) -> Answer:
    answer = await right(target)
    each = answer.recipients or {}
    some = any(answer.outcome is Outcome.DELIVERED for answer in each.values())
    return Answer(outcome=Outcome.DELIVERED) if some else answer
