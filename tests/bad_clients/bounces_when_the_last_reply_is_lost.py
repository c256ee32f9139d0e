"""Returns mail that the host has accepted, because the reply to the final dot got lost."""

from dataclasses import replace

from mailfault.reference_client import DeliveryClient, Result
from tests.support.variants import wrong

CAUGHT = {"smtp/end-of-data-close[route=mx]": "misclassified", "smtp/end-of-data-silence": "misclassified"}


class Wrong(DeliveryClient):
    def reply_lost(self, result: Result) -> Result:
        return replace(result, outcome="failed", possible_duplicate=True)


deliver = wrong(Wrong)
