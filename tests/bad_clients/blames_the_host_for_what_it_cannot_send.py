"""Returns mail that it cannot send as if the host had refused it, which was not asked."""

from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {
    "smtp/utf8-recipient-without-smtputf8[route=mx]": "misclassified",
    "smtp/utf8-sender-without-smtputf8": "misclassified",
}
BECAUSE = dict.fromkeys(CAUGHT, "the client named remote-reply where it was")


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        is_own = result.failure is Failure.MESSAGE_NOT_TRANSFERABLE
        return replace(result, failure=Failure.REMOTE_REPLY) if is_own else result


deliver = wrong(Wrong)
