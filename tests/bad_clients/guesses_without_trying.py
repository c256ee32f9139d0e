"""Says refused without ever having looked up or connected to anything."""

from mailfault.contract import Answer, Outcome, Target
from tests.support.variants import with_policies

CAUGHT = {"connect/refused[route=mx]": "not-reached", "control/plain[route=mx]": "not-reached"}


@with_policies
def deliver(target: Target) -> Answer:
    return Answer(outcome=Outcome.DEFERRED, code="4.4.316", reply="450 4.4.316 Connection refused")
