"""Sends in clear where TLS is required and cannot be had."""

from mailfault.reference_client import DeliveryClient
from tests.support.variants import wrong

CAUGHT = {"tls/starttls-missing[route=mx,tls=required]": "unsafe", "smtp/firewall-hides-starttls[route=mx]": "unsafe"}


class Wrong(DeliveryClient):
    def is_clear_allowed(self) -> bool:
        return True


deliver = wrong(Wrong)
