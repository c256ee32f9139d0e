"""Holds mail back where TLS was optional and cannot be had."""

from dataclasses import replace

from mailfault.reference_client import DeliveryClient, Settings
from mailfault.reference_client.settings import Clock
from tests.support.variants import wrong

CAUGHT = {"tls/starttls-missing-optional": "misclassified", "tls/starttls-refused-optional": "misclassified"}


class Wrong(DeliveryClient):
    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        tls = "required" if settings.tls == "opportunistic" else settings.tls
        super().__init__(replace(settings, tls=tls), clock=clock)


deliver = wrong(Wrong)
