"""Takes ECONNRESET for ECONNREFUSED."""

from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {"smtp/ehlo-reset[route=smart-host]": "misclassified", "smtp/data-reset[route=smart-host]": "misclassified"}


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        reset = result.failure is Failure.CONNECTION_CLOSED and "reset" in str(error.__cause__ or error).lower()
        return replace(result, failure=Failure.CONNECTION_REFUSED) if reset else result


deliver = wrong(Wrong)
