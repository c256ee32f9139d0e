"""Has no limit for a reply."""

from dataclasses import replace

from mailfault.reference_client import DeliveryClient, Settings
from mailfault.reference_client.settings import Clock
from tests.support.variants import wrong

CAUGHT = {"smtp/silence-at-rcpt": "hung", "smtp/greeting-silence": "hung"}


class Wrong(DeliveryClient):
    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        super().__init__(replace(settings, command_s=3600.0), clock=clock)


deliver = wrong(Wrong)
