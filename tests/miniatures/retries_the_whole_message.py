"""Keeps the message queued for all of its recipients because one of them was deferred."""

from dataclasses import replace

from harness.contract import Answer, Target
from harness.reference_client import DeliveryClient
from tests.miniatures.making import wrong

CAUGHT = {"smtp/one-of-two-deferred": "unsafe"}


right = wrong(DeliveryClient)


async def deliver(target: Target) -> Answer:
    return replace(await right(target), recipients=None)
