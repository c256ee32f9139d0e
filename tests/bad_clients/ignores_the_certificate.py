"""Encrypts, and never looks at the certificate, though it has to be verified."""

from dataclasses import replace

from mailfault.reference_client import DeliveryClient, Settings
from mailfault.reference_client.settings import Clock
from tests.support.variants import wrong

CAUGHT = {"tls/certificate-expired[route=mx]": "unsafe", "tls/certificate-wrong-name[route=mx]": "unsafe"}


class Wrong(DeliveryClient):
    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        tls = "required" if settings.tls == "verified" else settings.tls
        super().__init__(replace(settings, tls=tls), clock=clock)


deliver = wrong(Wrong)
