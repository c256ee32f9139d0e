"""Returns the mail to its sender because a host said 421 before it had heard of the message."""

from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {"smtp/greeting-421[route=mx]": "misclassified", "smtp/ehlo-421[route=smart-host]": "misclassified"}


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        gone = result.failure is Failure.CANNOT_CONNECT and result.reply is not None and result.reply.code == 421
        return replace(result, outcome="failed") if gone else result


deliver = wrong(Wrong)
