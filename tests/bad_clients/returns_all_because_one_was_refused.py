"""Stops at the first refused recipient, and returns the mail for the others, too."""

import aiosmtplib

from mailfault.reference_client import DeliveryClient, Envelope, Session
from mailfault.reference_client.result import Results
from tests.support.variants import wrong

CAUGHT = {"smtp/one-of-two-refused": "misclassified"}
BECAUSE = {"smtp/one-of-two-refused": "user@dest.example: the client returns the mail, and it could have delivered it"}


class Wrong(DeliveryClient):
    async def transact(self, session: Session, envelope: Envelope) -> Results:
        await session.mail(envelope.sender, message=envelope.message, recipients=envelope.recipients)
        for recipient in envelope.recipients:
            try:
                await session.recipient(recipient)
            except aiosmtplib.SMTPResponseException as error:
                return dict.fromkeys(envelope.recipients, self.result_of(error, session.stage, session.host))
        return await super().transact(session, envelope)


deliver = wrong(Wrong)
