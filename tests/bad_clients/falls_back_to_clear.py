"""Sends in clear where TLS is required and cannot be had."""

from mailfault.reference_client import DeliveryClient
from tests.support.variants import wrong

CAUGHT = {"tls/starttls-missing[route=mx,tls=required]": "unsafe", "smtp/firewall-hides-starttls[route=mx]": "unsafe"}


class Wrong(DeliveryClient):
    def clear_will_do(self) -> bool:
        return True


deliver = wrong(Wrong)
