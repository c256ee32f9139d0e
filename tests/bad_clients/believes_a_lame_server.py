"""Takes a referral upwards for the word that a domain has no MX, and bounces."""

from dataclasses import replace

from mailfault.reference_client import DeliveryClient, MailHost, Result
from mailfault.reference_client.resolve import LameDelegation
from tests.support.variants import wrong

CAUGHT = {"dns/lame-delegation[route=mx]": "misclassified"}


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        return replace(result, outcome="failed") if isinstance(error, LameDelegation) else result


deliver = wrong(Wrong)
