"""Goes by the first digit of a 552 at RCPT, and returns a recipient that is one too many for the transaction."""

import aiosmtplib

from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {
    "smtp/too-many-recipients-552": "misclassified",
    "smtp/too-many-recipients-552-bare": "misclassified",
}


class Wrong(DeliveryClient):
    def refusal_of(self, error: aiosmtplib.SMTPResponseException, host: MailHost, *, others_taken: bool) -> Result:
        return super().refusal_of(error, host, others_taken=False)


deliver = wrong(Wrong)
