"""Reports what happened at the first host it tried, where the last one decides."""

from mailfault.reference_client import DeliveryClient, Result
from tests.support.variants import wrong

CAUGHT = {"connect/all-hosts-fail-differently": "misclassified", "connect/environment-shut-down": "misclassified"}


class Wrong(DeliveryClient):
    def reported(self, earlier: Result | None, latest: Result) -> Result:
        return earlier if earlier is not None and latest.outcome == "deferred" else latest


deliver = wrong(Wrong)
