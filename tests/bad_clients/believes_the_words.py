"""Looks for causes in the host's words: a 550 that speaks of a refused connection is one."""

from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {
    "smtp/refusal-that-speaks-of-a-refused-connection": "misclassified",
    "smtp/greeting-that-speaks-of-dns": "misclassified",
}


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        if "connection refused" in result.text.lower():
            return replace(result, failure=Failure.CONNECTION_REFUSED)
        if "dns query failed" in result.text.lower():
            return replace(result, failure=Failure.DNS_QUERY_FAILED)
        return result


deliver = wrong(Wrong)
