"""Says refused where a host fell silent in the middle of the session."""

from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {"smtp/silence-at-rcpt": "misclassified", "smtp/silence-at-ehlo": "misclassified"}


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        silent = "Timed out" in result.text and result.failure is Failure.CONNECTION_CLOSED
        return replace(result, failure=Failure.CONNECTION_REFUSED) if silent else result


deliver = wrong(Wrong)
