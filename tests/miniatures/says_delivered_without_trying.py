"""Says delivered and has done nothing."""

from harness.contract import Answer, Outcome, Target

CAUGHT = {"control/plain[route=mx]": "unsafe", "connect/refused[route=mx]": "unsafe"}


def deliver(target: Target) -> Answer:
    return Answer(outcome=Outcome.DELIVERED)
