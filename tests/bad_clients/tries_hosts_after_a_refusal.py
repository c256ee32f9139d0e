"""Goes on to the next host after a 5xx, until one of them takes what the first had refused."""

from mailfault.reference_client import DeliveryClient, Result
from tests.support.variants import wrong

CAUGHT = {"smtp/refused-by-the-first-of-two": "not-reached"}


class Wrong(DeliveryClient):
    def is_final(self, result: Result) -> bool:
        return result.outcome == "delivered"


deliver = wrong(Wrong)
