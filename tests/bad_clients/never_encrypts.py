"""Knows no TLS at all and says nothing of it."""

from dataclasses import replace

from mailfault.reference_client import DeliveryClient, Settings
from mailfault.reference_client.settings import Clock
from tests.support.variants import wrong

CAUGHT = {
    "control/verified-tls[route=mx,tls=required]": "unsafe",
    "tls/starttls-missing[route=mx,tls=verified]": "unsafe",
}


class Wrong(DeliveryClient):
    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        super().__init__(replace(settings, tls="none"), clock=clock)


deliver = wrong(Wrong)
