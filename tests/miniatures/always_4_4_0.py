"""Says 4.4.0 whatever happened."""

from harness.contract import Answer, Outcome, Target
from harness.reference_client import DeliveryClient
from tests.miniatures.making import heeding, wrong

CAUGHT = {"connect/refused[route=mx]": "unsafe", "control/plain[route=mx]": "unsafe"}


right = wrong(DeliveryClient)


@heeding
async def deliver(target: Target) -> Answer:
    await right(target)
    return Answer(outcome=Outcome.DEFERRED, code="4.4.0", text="something went wrong")
