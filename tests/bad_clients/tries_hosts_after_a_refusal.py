"""Goes on to the next host after a 5xx, until one of them takes what the first had refused."""

from mailfault.reference_client import DeliveryClient, Result
from tests.support.variants import wrong

CAUGHT = {"smtp/refused-by-the-first-of-two": "misclassified"}
BECAUSE = {
    "smtp/refused-by-the-first-of-two": "the mail had been refused for good, and the client tried on",
}


class Wrong(DeliveryClient):
    def is_final(self, result: Result) -> bool:
        return result.outcome == "delivered"


deliver = wrong(Wrong)
