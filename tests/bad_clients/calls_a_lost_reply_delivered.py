"""Says delivered after the final dot, though the reply to it never came."""

from dataclasses import replace

from mailfault.reference_client import DeliveryClient, Result
from tests.support.variants import wrong

CAUGHT = {"smtp/end-of-data-close[route=mx]": "misclassified", "smtp/message-cut-reset[route=smart-host]": "unsafe"}


class Wrong(DeliveryClient):
    def reply_lost(self, result: Result) -> Result:
        return replace(result, outcome="delivered", possible_duplicate=True)


deliver = wrong(Wrong)
