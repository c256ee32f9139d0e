"""Compares the certificate with the address that it connected to."""

from mailfault.reference_client import DeliveryClient, MailHost, Session
from tests.support.variants import wrong

CAUGHT = {
    "tls/certificate-address-for-name[route=mx]": "unsafe",
}


class Wrong(DeliveryClient):
    def session(self, host: MailHost) -> Session:
        return super().session(MailHost(host.address, host.address))


deliver = wrong(Wrong)
