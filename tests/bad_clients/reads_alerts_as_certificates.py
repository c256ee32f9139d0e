"""Takes an alert that speaks of a certificate for the server's certificate, also where the server sent it."""

import ssl
from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {
    "tls/alert-bad-certificate[tls=verified]": "misclassified",
    "tls-alert[name=unknown_ca]": "misclassified",
    "tls-alert[name=certificate_expired]": "misclassified",
    "tls/alert-certificate-required[tls=required]": "misclassified",
}


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        text = f"{error} {error.__cause__}".lower()
        speaks_of_one = isinstance(error, ssl.SSLError) and "alert" in text and ("certificate" in text or "ca" in text)
        return replace(result, failure=Failure.CERTIFICATE_INVALID) if speaks_of_one else result


deliver = wrong(Wrong)
