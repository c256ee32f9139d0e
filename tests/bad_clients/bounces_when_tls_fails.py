"""Returns the mail where TLS cannot be had, though nothing was said about the mail."""

from dataclasses import replace

from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {
    "tls/handshake-plaintext-refusal[tls=required]": "misclassified",
    "tls/starttls-554[tls=required]": "misclassified",
    "tls/starttls-502[tls=verified]": "misclassified",
    "tls/tls-1-0-only[route=mx,tls=required]": "misclassified",
    "tls/certificate-flight-close[route=mx,tls=required]": "misclassified",
}


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        return replace(result, outcome="failed") if stage in ("starttls", "tls") else result


deliver = wrong(Wrong)
