"""Knows one reason only why a handshake can fail: the certificate."""

from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {
    "tls/handshake-garbage[tls=verified]": "misclassified",
    "tls/handshake-close[route=mx,tls=required]": "misclassified",
    "tls/certificate-flight-silence": "misclassified",
    "tls-cut-flight[after=1000,how=reset]": "misclassified",
    "tls/alert-protocol-version[tls=required]": "misclassified",
    "tls/no-shared-cipher[tls=verified]": "misclassified",
    "tls/handshake-flipped-byte[tls=required]": "misclassified",
    "tls/server-name-refused[tls=required]": "misclassified",
}


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        return replace(result, failure=Failure.CERTIFICATE_INVALID) if stage == "tls" else result


deliver = wrong(Wrong)
