"""Verifies the certificate and never looks into the revocation list that it was given."""

from dataclasses import replace

from mailfault.reference_client import DeliveryClient, Settings
from mailfault.reference_client.settings import Clock
from tests.support.variants import wrong

CAUGHT = {"tls/certificate-revoked[route=smart-host]": "unsafe"}


class Wrong(DeliveryClient):
    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        super().__init__(replace(settings, crl_file=None), clock=clock)


deliver = wrong(Wrong)
