"""Refuses a certificate that nobody told it to look at."""

from dataclasses import replace

from mailfault.reference_client import DeliveryClient, Settings
from mailfault.reference_client.settings import Clock
from tests.support.variants import wrong

CAUGHT = {
    "tls/certificate-unchecked[tls=required]": "misclassified",
    "tls/certificate-self-signed-required": "misclassified",
    "tls/certificate-bad-signature-unchecked[tls=required]": "misclassified",
    "tls/certificate-expired-intermediate-unchecked[tls=required]": "misclassified",
    "tls/certificate-long-chain-unchecked[tls=required]": "misclassified",
    "tls/certificate-md5-unchecked[tls=required]": "misclassified",
    "tls/certificate-no-name-unchecked[tls=required]": "misclassified",
    "tls/certificate-nul-in-name-unchecked[tls=required]": "misclassified",
    "tls/certificate-unknown-critical-extension-unchecked[tls=required]": "misclassified",
    "tls/certificate-untrusted-unchecked[tls=required]": "misclassified",
    "tls/certificate-version-1-unchecked[tls=required]": "misclassified",
    "tls/certificate-weak-key-unchecked[tls=required]": "misclassified",
    "tls/certificate-wrong-name-unchecked[tls=required]": "misclassified",
    "tls/certificate-wrong-purpose-unchecked[tls=required]": "misclassified",
}


class Wrong(DeliveryClient):
    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        tls = "verified" if settings.tls == "required" else settings.tls
        super().__init__(replace(settings, tls=tls), clock=clock)


deliver = wrong(Wrong)
