"""Refuses a certificate that nobody told it to look at."""

from dataclasses import replace

from harness.reference_client import DeliveryClient, Settings
from harness.reference_client.settings import Clock
from tests.miniatures.making import wrong

CAUGHT = {
    "tls/certificate-unchecked[tls=required]": "not-reached",
    "tls/certificate-self-signed-required": "not-reached",
}


class Wrong(DeliveryClient):
    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        tls = "verified" if settings.tls == "required" else settings.tls
        super().__init__(replace(settings, tls=tls), clock=clock)


deliver = wrong(Wrong)
