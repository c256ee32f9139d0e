"""Says delivered and has done nothing."""

from harness.contract import Answer, Outcome, Target
from tests.miniatures.making import heeding

CAUGHT = {"control/plain[route=mx]": "unsafe", "connect/refused[route=mx]": "unsafe"}


@heeding
def deliver(target: Target) -> Answer:
    return Answer(outcome=Outcome.DELIVERED)
