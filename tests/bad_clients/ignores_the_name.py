"""Verifies the chain and the dates, and takes the certificate of any host."""

import ssl

from mailfault.reference_client import DeliveryClient
from tests.support.variants import wrong

CAUGHT = {"tls/certificate-wrong-name[route=mx]": "unsafe", "tls/certificate-no-name[route=smart-host]": "unsafe"}


class Wrong(DeliveryClient):
    def tls_context(self) -> ssl.SSLContext:
        context = super().tls_context()
        context.check_hostname = False
        return context


deliver = wrong(Wrong)
