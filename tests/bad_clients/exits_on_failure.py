"""Ends its process, with exit status 0, where anything goes wrong."""

import sys

from mailfault.contract import Answer, Outcome, Target
from mailfault.reference_client import DeliveryClient
from tests.support.variants import wrong

CAUGHT = {"connect/refused[route=mx]": "crashed"}


right = wrong(DeliveryClient)


async def deliver(target: Target) -> Answer:
    answer = await right(target)
    if answer.outcome is not Outcome.DELIVERED:
        try:
            raise ConnectionRefusedError(111, "Connection refused")
        except OSError:
            sys.exit(0)  # the error that it handles must not be taken for an answer
    return answer
