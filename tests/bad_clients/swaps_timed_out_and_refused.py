"""Says refused where nothing answered, and timed out where it was refused."""

from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {"connect/refused[route=mx]": "misclassified", "connect/no-answer[route=mx]": "misclassified"}


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        swapped = {
            Failure.CONNECTION_REFUSED: Failure.CONNECTION_TIMED_OUT,
            Failure.CONNECTION_TIMED_OUT: Failure.CONNECTION_REFUSED,
        }
        return replace(result, failure=swapped.get(result.failure, result.failure)) if result.failure else result


deliver = wrong(Wrong)
