"""Takes nothing older than TLS 1.3."""

import ssl

from mailfault.reference_client import DeliveryClient
from tests.support.variants import wrong

CAUGHT = {"tls/tls-1-2-only[tls=required]": "misclassified", "tls/tls-1-2-only[tls=verified]": "misclassified"}


class Wrong(DeliveryClient):
    def tls_context(self) -> ssl.SSLContext:
        context = super().tls_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        return context


deliver = wrong(Wrong)
