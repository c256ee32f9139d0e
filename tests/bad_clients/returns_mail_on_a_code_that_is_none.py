"""Takes a reply with a code that does not exist for a refusal, and returns the mail."""

from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, MailHost, Result
from mailfault_servers.smtp.reply import Stage
from tests.support.variants import wrong

CAUGHT = {
    "smtp/code-099-at-mail": "misclassified",
    "smtp/code-25-at-mail": "misclassified",
    "smtp/code-600-at-mail": "misclassified",
}


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        is_unread = stage == Stage.MAIL and result.reply is None
        return replace(result, outcome="failed", failure=Failure.REMOTE_REPLY) if is_unread else result


deliver = wrong(Wrong)
