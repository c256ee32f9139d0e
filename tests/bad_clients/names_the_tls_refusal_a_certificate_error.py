"""Calls everything about TLS a certificate error, also where no certificate was ever shown."""

from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {
    "tls/starttls-refused[route=mx,tls=required]": "misclassified",
    "tls/starttls-missing[route=mx,tls=verified]": "misclassified",
}


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        refused = stage == "starttls" and result.failure is Failure.CANNOT_CONNECT
        return replace(result, failure=Failure.CERTIFICATE_INVALID) if refused else result


deliver = wrong(Wrong)
