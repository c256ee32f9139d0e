"""Takes a look-up that was never answered for a connection that was never answered."""

from dataclasses import replace

import dns.exception

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {"dns/no-answer[route=mx]": "misclassified"}


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        silent = isinstance(error, dns.exception.Timeout)
        return replace(result, failure=Failure.CONNECTION_TIMED_OUT) if silent else result


deliver = wrong(Wrong)
