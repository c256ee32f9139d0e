"""Takes the name server's REFUSED for a mail host's refusal."""

from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {"dns/refused[route=mx]": "misclassified"}


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        return replace(result, failure=Failure.CONNECTION_REFUSED) if "REFUSED" in result.text else result


deliver = wrong(Wrong)
