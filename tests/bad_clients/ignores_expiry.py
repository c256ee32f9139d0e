"""Verifies name and chain, and never looks at the dates."""

import ssl

from mailfault.reference_client import DeliveryClient
from tests.support.variants import wrong

CAUGHT = {"tls/certificate-expired[route=mx]": "unsafe", "tls/certificate-not-yet-valid[route=smart-host]": "unsafe"}


class Wrong(DeliveryClient):
    def tls_context(self) -> ssl.SSLContext:
        context = super().tls_context()
        no_check_time = ssl.VerifyFlags(0x200000)  # X509_V_FLAG_NO_CHECK_TIME, which ssl has no name for
        if context.verify_mode is ssl.CERT_REQUIRED:
            context.verify_flags |= no_check_time
        return context


deliver = wrong(Wrong)
