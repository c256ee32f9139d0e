"""Reports the last host in the list, also where it did not try it."""

from mailfault.reference_client import DeliveryClient, Result
from tests.support.variants import wrong

CAUGHT = {
    "policy/sts-second-mx-not-named": "misclassified",
}


class Wrong(DeliveryClient):
    def reported(self, earlier: Result | None, latest: Result) -> Result:
        return latest


deliver = wrong(Wrong)
