"""Says delivered and has done nothing."""

from mailfault.contract import Answer, Outcome, Target
from tests.bad_clients.making import heeding

CAUGHT = {"control/plain[route=mx]": "unsafe", "connect/refused[route=mx]": "unsafe"}


@heeding
def deliver(target: Target) -> Answer:
    return Answer(outcome=Outcome.DELIVERED)
