"""Says refused without ever having looked up or connected to anything."""

from mailfault.contract import Answer, Outcome, Target
from tests.bad_clients.making import heeding

CAUGHT = {"connect/refused[route=mx]": "not-reached", "control/plain[route=mx]": "not-reached"}


@heeding
def deliver(target: Target) -> Answer:
    return Answer(outcome=Outcome.DEFERRED, code="4.4.316", reply="450 4.4.316 Connection refused")
