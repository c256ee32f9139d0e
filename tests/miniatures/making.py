"""How a deliberately wrong client is made: the reference client with one of its decisions replaced."""

from collections.abc import Awaitable, Callable

from harness.clients.reference import ReferenceAdapter
from harness.contract import Answer, Target
from harness.reference_client import DeliveryClient

Deliver = Callable[[Target], Awaitable[Answer]]


def wrong(client: type[DeliveryClient]) -> Deliver:
    """The `deliver` of a variant of the reference client."""
    return ReferenceAdapter(client=client).answer_to
