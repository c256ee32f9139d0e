"""Says 4.4.0 whatever happened."""

from mailfault.contract import Answer, Outcome, Target
from mailfault.reference_client import DeliveryClient
from tests.support.variants import with_policies, wrong

CAUGHT = {"connect/refused[route=mx]": "unsafe", "control/plain[route=mx]": "unsafe"}


right = wrong(DeliveryClient)


@with_policies
async def deliver(target: Target) -> Answer:
    await right(target)
    return Answer(outcome=Outcome.DEFERRED, code="4.4.0", text="something went wrong")
