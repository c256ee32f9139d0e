"""Keeps the message queued for all of its recipients because one of them was deferred."""

from dataclasses import replace

from mailfault.contract import Answer, Target
from mailfault.reference_client import DeliveryClient
from tests.support.variants import wrong

CAUGHT = {"smtp/one-of-two-deferred": "unsafe"}


right = wrong(DeliveryClient)


async def deliver(target: Target) -> Answer:
    return replace(await right(target), recipients=None)
