"""Calls whatever DANE stops an invalid TLSA record."""

from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {
    "policy/dane-ta-expired": "misclassified",
    "policy/dane-ta-wrong-name": "misclassified",
    "policy/dane-starttls-missing[route=mx]": "misclassified",
    "policy/dane-unusable-and-no-starttls": "misclassified",
    "policy/dane-look-up-servfail[route=mx]": "misclassified",
    "policy/sts-mx-mismatch": "misclassified",
}


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        if result.failure is Failure.POLICY_FAILED:
            return replace(result, text="4.7.323 TLSA invalid")
        return result


deliver = wrong(Wrong)
