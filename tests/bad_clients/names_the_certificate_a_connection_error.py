"""Says cannot connect where the certificate was the reason."""

from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {
    "tls/certificate-expired[route=mx]": "misclassified",
    "tls/certificate-wrong-name[route=mx]": "misclassified",
    "tls/certificate-common-name-only[route=smart-host]": "misclassified",
    "tls/certificate-version-1[route=smart-host]": "misclassified",
    "tls/certificate-name-with-final-dot[route=smart-host]": "misclassified",
    "tls/certificate-wildcard-for-a-part[route=smart-host]": "misclassified",
    "tls/certificate-wrong-key-usage[route=smart-host]": "misclassified",
    "tls/certificate-weak-key[route=smart-host]": "misclassified",
    "tls/certificate-sha-1[route=smart-host]": "misclassified",
    "tls/certificate-endless-chain": "misclassified",
}


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        invalid = result.failure is Failure.CERTIFICATE_INVALID
        return replace(result, failure=Failure.CANNOT_CONNECT, text="could not connect") if invalid else result


deliver = wrong(Wrong)
