"""Waits half a second for a connection, whatever it was told: what TCP would mend with another SYN, it takes for a
failure."""

from dataclasses import replace

from mailfault.reference_client import DeliveryClient, Settings
from mailfault.reference_client.settings import Clock
from tests.support.variants import wrong

CAUGHT = {
    "connect/first-syn-lost[route=mx]": "misclassified",
    "connect/first-syn-lost[route=smart-host]": "misclassified",
}


class Wrong(DeliveryClient):
    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        super().__init__(replace(settings, connect_s=0.5), clock=clock)


deliver = wrong(Wrong)
