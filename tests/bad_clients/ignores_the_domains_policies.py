"""Declares that it enforces DANE and MTA-STS, and checks neither."""

from dataclasses import replace

from mailfault.reference_client import DeliveryClient, Settings
from mailfault.reference_client.settings import Clock
from tests.support.variants import wrong

CAUGHT = {
    "policy/sts-mx-mismatch": "unsafe",
    "policy/sts-one-mx-mismatch": "unsafe",
    "policy/sts-starttls-missing": "unsafe",
    "policy/sts-certificate-expired": "unsafe",
    "policy/sts-certificate-self-signed": "unsafe",
    "policy/sts-certificate-wrong-name": "unsafe",
    "policy/sts-certificate-unknown-authority": "unsafe",
    "policy/sts-certificate-missing-intermediate": "unsafe",
    "policy/sts-cached-certificate-expired": "unsafe",
    "policy/sts-wildcard-needs-a-label": "unsafe",
    "policy/sts-policy-late": "unsafe",
    "policy/dane-mismatch[route=mx]": "unsafe",
    "policy/dane-mismatch-and-every-datagram-twice": "unsafe",
    "policy/dane-starttls-missing[route=smart-host]": "unsafe",
    "policy/dane-full-data-mismatch": "unsafe",
    "policy/dane-ta-self-signed": "unsafe",
    "policy/dane-ta-unknown-authority": "unsafe",
    "policy/dane-ta-not-sent": "unsafe",
    "policy/dane-second-mx": "unsafe",
    "policy/sts-without-dane": "unsafe",
}


class Wrong(DeliveryClient):
    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        super().__init__(replace(settings, policies=()), clock=clock)


deliver = wrong(Wrong)
