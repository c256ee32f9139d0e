"""Takes every 552 at RCPT for one recipient too many, and keeps mail for a mailbox that is full."""

import aiosmtplib

from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {"smtp/first-of-two-over-quota-552": "misclassified", "smtp-reply[stage=rcpt,reply=552]": "misclassified"}


class Wrong(DeliveryClient):
    def refusal_of(self, error: aiosmtplib.SMTPResponseException, host: MailHost, *, others_taken: bool) -> Result:
        return super().refusal_of(error, host, others_taken=True)


deliver = wrong(Wrong)
