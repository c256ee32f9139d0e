"""Allows a name server a fiftieth of the time that it was told to."""

from dataclasses import replace

from mailfault.reference_client import DeliveryClient, Settings
from mailfault.reference_client.settings import Clock
from tests.support.variants import wrong

CAUGHT = {"dns/late-answer": "misclassified"}


class Wrong(DeliveryClient):
    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        super().__init__(replace(settings, dns_s=settings.dns_s / 50), clock=clock)


deliver = wrong(Wrong)
