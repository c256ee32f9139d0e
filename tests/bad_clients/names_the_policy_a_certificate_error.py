"""Calls a certificate invalid and does not say that it was the recipient's domain that wanted it valid."""

from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {
    "policy/sts-certificate-expired": "misclassified",
    "policy/sts-certificate-self-signed": "misclassified",
    "policy/sts-certificate-wrong-name": "misclassified",
    "policy/dane-mismatch[route=mx]": "misclassified",
}


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        if result.failure is Failure.POLICY_FAILED:
            return replace(result, failure=Failure.CERTIFICATE_INVALID, text="certificate verification failed")
        return result


deliver = wrong(Wrong)
