"""Gives up as soon as one of several MX hosts cannot be looked up."""

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, Result
from tests.support.variants import wrong

CAUGHT = {"dns/one-mx-target-gone": "misclassified"}


class Wrong(DeliveryClient):
    def is_final(self, result: Result) -> bool:
        return super().is_final(result) or result.failure is Failure.DNS_QUERY_FAILED


deliver = wrong(Wrong)
