"""Keeps mail queued that it cannot send for want of an extension: the next attempt meets the same offers."""

from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {
    "smtp/utf8-recipient-without-smtputf8[route=mx]": "misclassified",
    "smtp/eight-bit-content-without-8bitmime": "misclassified",
}
BECAUSE = dict.fromkeys(CAUGHT, "the client says deferred, and the mail has to be returned at once")


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        return replace(result, outcome="deferred") if result.failure is Failure.MESSAGE_NOT_TRANSFERABLE else result


deliver = wrong(Wrong)
