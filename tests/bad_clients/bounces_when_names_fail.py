"""Returns the mail at once when a look-up fails, whatever the reason."""

from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {"dns/servfail[route=mx]": "misclassified", "dns/smart-host-name-gone": "misclassified"}


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        return replace(result, outcome="failed") if result.failure is Failure.DNS_QUERY_FAILED else result


deliver = wrong(Wrong)
