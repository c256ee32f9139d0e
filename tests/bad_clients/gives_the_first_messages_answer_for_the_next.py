"""Tells the sender of a message that fails what went wrong with the first one that failed."""

from pathlib import Path

from mailfault.contract import Answer, Outcome, Target
from mailfault.reference_client import DeliveryClient
from tests.support.variants import wrong

CAUGHT = {
    "session/two-different-refusals[route=mx]": "misclassified",
    "session/refused-then-closed": "misclassified",
}
_first: dict[Path, Answer] = {}
_right = wrong(DeliveryClient)


async def deliver(target: Target) -> Answer:
    answer = await _right(target)
    if answer.outcome is Outcome.DELIVERED:
        return answer
    return _first.setdefault(target.ca_file, answer)  # each world has a file of its own
