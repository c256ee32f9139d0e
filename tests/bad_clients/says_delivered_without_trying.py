"""Says delivered and has done nothing."""

from mailfault.contract import Answer, Outcome, Target
from tests.support.variants import with_policies

CAUGHT = {"control/plain[route=mx]": "unsafe", "connect/refused[route=mx]": "unsafe"}


@with_policies
def deliver(target: Target) -> Answer:
    return Answer(outcome=Outcome.DELIVERED)
