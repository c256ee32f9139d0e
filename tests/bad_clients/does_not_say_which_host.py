"""Passes on the reply and not whose it was."""

from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {"smtp/rcpt-unknown-user[route=mx]": "misclassified"}


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        if result.failure is not Failure.REMOTE_REPLY or result.reply is None or host is None:
            return result
        return replace(result, host=None)


deliver = wrong(Wrong)
