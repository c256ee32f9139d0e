"""Sees only that the connection ended, and not the 421 that came before."""

from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {"smtp/greeting-421[route=mx]": "misclassified", "smtp/ehlo-421[route=mx]": "misclassified"}


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        gone = result.reply is not None and result.reply.code == 421
        return replace(result, failure=Failure.CONNECTION_CLOSED, reply=None) if gone else result


deliver = wrong(Wrong)
